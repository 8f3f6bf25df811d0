"""Words with which sites announce what is no text of an article, in the languages of our outlets. Pure.

`LINK` counts only where nothing but links stands beside the words: «شاهد: <a>…</a>» is a box, «شاهد: خمسة قتلى» is text.
The patterns of `LINES` are of whole lines, and so narrow that a sentence fits none of them.
"""

from __future__ import annotations

import re

_READ = (
    r"(?:[إا]?قرأ|شاهد|طالع|[إا]قرؤوا|تابع|للمزيد [إا]قرأ)\s*(?:أيض\S*|ايض\S*|المزيد|كذلك)|"
    r"(?:بیشتر|همچنین) بخوانید|(?:زیاتر |هەروەها )?بخوێنەرەوە|(?:read|see) (?:also|more)|also read|"
    r"(?:her wiha|zêdetir) bixwîn(?:e|in)|(?:ayrıca|bunu da) oku(?:yun)?|"
    r"lire aussi|à lire aussi|lesen sie auch|lee también|leggi anche|czytaj (?:też|także|więcej)"
)
_THINGS = (
    r"مقالات|مقال|مواضيع|موضوعات|موضوع|مواد|مادة|أخبار|اخبار|خبر|تقارير|تقرير|قصص|روابط|منشورات|المقالات|الأخبار|المواضيع|مطالب|"
    r"خبرهای|اخبار|بابەتی|هەواڵی"
)
_KIN = r"ذات (?:ال)?صلة|ذو صلة|متعلقة|المتعلقة|مشابهة|مرتبطة|مرتبط|پەیوەندیدار|ذات علاقة"
_RELATED = (
    rf"(?:(?:{_THINGS})\s+)?(?:{_KIN})|related(?: (?:articles?|stor(?:y|ies)|posts?|news|content|topics?))?|"
    r"ilgili haber(?:ler)?|nûçeyên (?:têkildar|peywendîdar)|در همین زمینه|(?:you )?(?:may|might) also like|"
    r"more on this(?: story)?"
)
ALSO = f"{_READ}|{_RELATED}"
_LINK = (
    rf"{ALSO}|(?:لل?مزيد|ل?مزيد|للتفاصيل|التفاصيل)(?: من التفاصيل| حول .{{1,40}})?(?: (?:[إا]قرأ|شاهد|طالع|اضغط هنا))?|"
    r"[إا]قرأ|شاهد|طالع|تابع|بخوانید|bixwîne|more|watch|read"
)
LINK = re.compile(rf"\W*(?:{_LINK})\W*", re.I)
HEADING = re.compile(rf"\W*(?:{ALSO})\W*", re.I)  # that stands above a list of links
TAGS = re.compile(
    r"\W*(?:(?:ال)?وسوم|(?:ال)?كلمات (?:ال)?(?:مفتاحية|دلالية)|(?:ال)?تصنيفات?|تاغات|هاشتاغ|tags?|tagged|keywords|filed under|"
    r"برچسب[\s\u200c]?ها|تاگ|etiketler)(?:[\W_]|و)*",
    re.I,
)
_NUMBER = r"[\d٠-٩۰-۹][\d٠-٩۰-۹.,٫٬]*\s*[KkMm]?"
_NETWORK = (
    r"تل[يي]?[جغق]رام|تلغرام|ت[يی]ل[يی]?[غج]رام|فيس\s?بوك|تويتر|وات[سص]\s?[اآأ]ب|يوتيوب|[إاأ]نست[غقج]رام|تيك توك|"
    r"(?:غوغل|جوجل) نيوز|أخبار (?:جوجل|غوغل)|منص[ةه] إكس|telegram|facebook|"
    r"twitter|whatsapp|youtube|instagram|tiktok|google news|t\.me/|fb\.com|"
    r"https?://"
)
_OURS = r"قناتنا|صفحتنا|حسابنا|حساباتنا|مجموعتنا|نشرتنا|منصاتنا|موقعنا"
_CALL = (
    r"تابعونا|تابعنا|تابعو?ا? (?:قناتنا|صفحتنا|حسابنا|حساباتنا|آخر)|"
    r"[إا]شترك(?:وا)? (?:الآن )?(?:في|ب)\s?(?:قناتنا|قناة|نشرتنا)|"
    r"(?:[اإ]نضم(?:وا)?|للانضمام) (?:إلينا|(?:إلى|الى) (?:قناتنا|قناة|مجموعتنا))|لمتابعة|للاشتراك|"
    r"follow us|join our|join us|subscribe to our"
)
# What themes and plugins put among an article's paragraphs: another thing at every request, or never the article's.
LINES = {
    "relative time": re.compile(
        r"(?:منذ|قبل) (?:\S+ )?(?:ثاني|ثوان|دقيق|دقائق|ساع|يوم|أيام|أسبوع|أسابيع|شهر|أشهر|سن)\S*(?: واحدة?)?"
    ),
    "counter": re.compile(
        rf"{_NUMBER}\s*(?:مشاهدات|مشاهدة|زيارات|زيارة|قراءات|قراءة|views?|reads?)|"
        rf"(?:عدد )?(?:المشاهدات|الزيارات|القراءات|مشاهدات|views)\s*[:：]?\s*{_NUMBER}|"
        rf"(?:مدة|زمن|وقت) القراءة\s*[:：]?\s*(?:{_NUMBER}\s*)?(?:دقيق\S*|دقائق)(?: واحدة)?|{_NUMBER}\s*min(?:ute)?s? read",
        re.I,
    ),
    "read also": re.compile(rf"\W*(?:{ALSO})\s*(?:[:：|]|\s?\u00a0).{{0,300}}", re.I),
    "call to follow": re.compile(
        rf"\W*(?:{_CALL})\b(?=.{{0,160}}(?:{_NETWORK})).{{0,160}}|"
        rf"\W*تابعوا .{{1,40}} (?:على|عبر) (?:{_NETWORK})\W*|\W*للمزيد .{{0,40}}(?:{_OURS}).{{0,80}}",
        re.I,
    ),
    "heading of a box": re.compile(
        rf"{HEADING.pattern}|(?:شاركها|شارك (?:هذا|هذه)?\s?(?:الموضوع|الخبر|المقال|المقالة|التدوينة|على)?)\s*:?|"
        r"(?:زر الذهاب|العودة|الرجوع) إلى الأعلى|[أا]ظهر المزيد|الوسوم\s*:?",
        re.I,
    ),
    "advertisement": re.compile(
        r"[\W_]*(?:[إا]علان(?:ات)?|advertisement|advertisment|تبلیغات|reklam|anzeige|publicité)[\W_]*", re.I
    ),
    "copyright": re.compile(
        r"(?:©|\(c\)|copyright\b|حقوق النشر)(?=.{0,80}(?:\b(?:19|20)\d\d\b|محفوظة|reserved)).{0,90}|"
        r"\W*(?:جميع|كافة|كل) (?:ال)?حقوق (?:الطبع |النشر |والنشر ){0,3}محفوظ.{0,120}|\W*all rights reserved.{0,120}|"
        r"\W*(?:تمامی|کلیه|همه) حقوق .{0,60}محفوظ.{0,60}",
        re.I,
    ),
}  # fmt: skip
