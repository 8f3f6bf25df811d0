"""The report's words, Arabic and English: pairs (Arabic, English) by what they are about."""

from __future__ import annotations

from collections.abc import Mapping

TITLE = ("تقرير إثبات", "Evidence report")
MODES = {
    "newest": ("نسخة صفحة كما وصلت من موقعها", "A page as it came from its site"),
    "time": ("ما كانت تقوله الصفحة في وقت بعينه", "What the page said at a given time"),
    "gone": ("صفحة لم تعد موجودة", "A page that is gone"),
    "between": ("ما تغيّر بين نسختين", "What changed between two versions"),
}
LABELS = {
    "outlet": ("الناشر", "Outlet"),
    "url": ("عنوان الصفحة", "Address"),
    "asked": ("الوقت المطلوب", "Time asked for"),
    "versions": ("النسختان المطلوبتان", "Versions asked for"),
    "version": ("النسخة", "Version"),
    "first": ("أول التقاط لهذه النسخة", "First captured like this"),
    "last": ("آخر التقاط لها", "Last captured like this"),
    "published": ("تاريخ النشر كما تذكره الصفحة", "Published, as the page says"),
    "modified": ("تاريخ التعديل كما تذكره الصفحة", "Modified, as the page says"),
    "first_seen": ("أول ظهور للصفحة في الأرشيف", "Page first seen"),
    "absent": ("أول مرة لم توجد فيها", "First found missing"),
    "confirmed": ("تأكيد غيابها", "Absence confirmed"),
    "returned": ("عودتها", "Returned"),
    "state": ("حالها عند إعداد هذا التقرير", "State when this was made"),
    "title": ("العنوان", "Headline"),
    "text": ("النص", "Text"),
    "no_text": ("لا نص محفوظ لهذه النسخة.", "No text of this version is stored."),
    "changes": ("من النسخة %s إلى النسخة %s", "From version %s to version %s"),
    "added": ("أُضيف", "added"),
    "removed": ("حُذف", "removed"),
    "captures": ("الالتقاطات وبصماتها SHA-256", "Captures, with their SHA-256"),
    "when": ("الوقت", "Time"),
    "what": ("ما وصل", "What came"),
    "log": ("السجل والوقت من الخارج", "Log, and time from outside"),
    "leaf": ("الورقة", "leaf"),
    "existed": ("موجود في", "existed at"),
    "unstamped": ("لا ختم زمنياً بعد", "no time from outside yet"),
    "unchecked": ("لم يُتحقق منه", "not checked"),
    "seeds": ("الصلة بملفات البذور", "Links to seed files"),
    "seed_in": ("من ملف البذرة في المقال", "of the seed file, in the article"),
    "article_in": ("من المقال في ملف البذرة", "of the article, in the seed file"),
    "triples": ("ثلاثية كلمات", "word triples"),
    "proof": ("سند الإثبات", "What it rests on"),
    "leaves": ("نقطة التحقق: عدد الأوراق", "Checkpoint: leaves"),
    "root": ("نقطة التحقق: الجذر", "Checkpoint: root"),
    "key": ("المفتاح الذي وقّعها", "Signed by the key"),
    "stamps": ("شهادات الوقت من الخارج", "Time from outside"),
    "check": ("كيف تتحقق", "How to check"),
    "cite": ("كيف تستشهد به", "How to cite"),
    "proves": ("ما الذي يثبته هذا وما لا يثبته", "What this proves, and what not"),
}
CLASSES = {
    "content": ("الصفحة", "the page"),
    "not-modified": ("لم تتغيّر", "not modified"),
    "gone": ("غير موجودة", "not found"),
    "elsewhere": ("تحويل إلى موضع آخر", "led elsewhere"),
    "blocked": ("مُنع الوصول", "blocked"),
    "broken": ("لم تصل سليمة", "broken"),
    "not-article": ("صفحة ليست مقالاً", "not an article"),
    "picture": ("صورة في الصفحة", "a picture on the page"),
}
ROLES = {
    "first": ("أول التقاط للنسخة", "first capture of version"),
    "last": ("آخر التقاط للنسخة", "last capture of version"),
    "text": ("منه نص النسخة", "holds the text of version"),
    "whole": ("فيه جسم الصفحة الذي يحيل إليه التقاط آخر", "holds the body that another capture refers to"),
    "before": ("آخر مشاهدة قبل الوقت المطلوب", "last sighting before the time asked for"),
    "after": ("أول مشاهدة بعد الوقت المطلوب", "first sighting after the time asked for"),
    "absent": ("أول غياب", "first absence"),
    "confirmed": ("تأكيد الغياب", "absence confirmed"),
    "latest": ("آخر مشاهدة", "latest sighting"),
    "returned": ("عودة الصفحة", "the page returned"),
    "hop": ("التحويل نفسه", "the redirect itself"),
    "picture": ("كما في النسخة المحفوظة أعلاه", "as a snapshot lists it"),
}
OF_VERSION = ("first", "last", "text")  # roles that name their version
STATES = {
    "new": ("لم تُلتقط بعد", "not captured yet"),
    "live": ("موجودة", "live"),
    "edited": ("موجودة، وقد عُدّلت", "live, edited"),
    "returned": ("موجودة، وقد عادت", "live again"),
    "paywalled": ("لا تُعرض كاملة إلا للمشتركين", "behind a paywall"),
    "gone": ("لم تعد موجودة", "gone"),
    "moved": ("انتقلت", "moved"),
    "elsewhere": ("تقود إلى موضع آخر", "leads elsewhere"),
    "blocked": ("ممنوعة", "blocked"),
    "broken": ("لا تصل سليمة", "broken"),
    "not-article": ("ليست مقالاً", "not an article"),
}
RELATIONS = {
    "identical": ("مطابق", "identical"),
    "contains": ("يحتوي أحدهما الآخر", "one contains the other"),
    "derived": ("مشتق", "derived"),
}
CHECKING = (
    (
        "فُكّ الملف المضغوط ثم شغّل الأوامر في أسفل هذه الفقرة. "
        "لا يلزم برنامج الأرشيف ولا شبكة، بل sha256sum و gzip و awk و OpenSSL 3 فقط.",
        "Unpack the zip file and run the commands below. Neither the archive's software nor a network is needed: "
        "only sha256sum, gzip, awk and OpenSSL 3.",
    ),
    (
        "قارن المفتاح الذي يطبعه الأمر بمفتاح الأرشيف الذي حصلت عليه من مصدر آخر، كموقعه أو ورقة مطبوعة. "
        "فهذا التقرير لا يشهد لنفسه.",
        "Compare the key that is printed with the archive's key, which you have from somewhere else: its web site, a printed "
        "page. This report cannot vouch for itself.",
    ),
    (
        "يشرح ملف README كل سطر من check.sh، ويمكنك كتابة الأوامر بيدك.",
        "The file README explains every line of check.sh; you may also type the commands by hand.",
    ),
)
COMMANDS = "unzip -d evidence BUNDLE.zip && cd evidence && sh check.sh"
LIMITS = (
    (
        "الدليل هو الملفات في captures/ و snapshots/. "
        "وُجدت بايتاتها كما هي حين ختمت جهة من الخارج نقطة تحقق أعلى منها، ولم تتغيّر بعد ذلك.",
        "The evidence is the files in captures/ and snapshots/. Their bytes existed as they are when somebody outside stamped "
        "a checkpoint above them, and were not changed since.",
    ),
    (
        "أما أنها وصلت من الموقع فيشهد عليه الأرشيف الذي التقطها: الطلب والجواب وعنوان الخادم وشهادات TLS محفوظة في الالتقاط، "
        "لكن لا أحد يستطيع أن يعيد جلسة TLS أمام شخص ثالث.",
        "That they came from the site is attested by the archive that fetched them: request, answer, the server's address and "
        "certificates are in the capture, but nobody can replay a TLS session to a third person.",
    ),
    (
        "الأوقات المكتوبة هنا هي أوقات الأرشيف، ويحدّها من أعلى وقت الختم الخارجي. "
        "ومن يحجب الأرشيف وحده يبدو كمن حذف الصفحة: انظر إلى الالتقاط نفسه.",
        "The times given here are the archive's own; a stamp from outside bounds them from above. A site that blocks only the "
        "archive looks like one that removed the page: look at the capture itself.",
    ),
)


def of(words: Mapping[str, tuple[str, str]], slug: str) -> tuple[str, str]:
    """The words for a slug; one that is not known is shown as it is."""
    return words.get(slug, (slug, slug))
