"""Invented news texts, the same every time: words by Zipf's law, stock phrases between them, as news repeats its own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

WORDS = 30_000
_ROOTS = [
    "كتب",
    "درس",
    "عمل",
    "شرب",
    "فتح",
    "خرج",
    "دخل",
    "رفع",
    "حكم",
    "نشر",
    "جمع",
    "قطع",
    "سمع",
    "حضر",
    "نظر",
    "شكر",
    "طلب",
    "غلب",
    "صنع",
    "زرع",
    "نقل",
    "وصل",
    "وقف",
    "بحث",
    "عرض",
    "حفظ",
    "ضرب",
    "نصر",
    "صدر",
    "سكن",
]
_SHAPES = (
    "{0}ا{1}{2}",
    "م{0}{1}و{2}",
    "ت{0}{1}ي{2}",
    "{0}{1}ا{2}ة",
    "ي{0}{1}{2}",
    "است{0}{1}{2}",
    "ا{0}ت{1}ا{2}",
    "م{0}ا{1}{2}ة",
    "{0}{1}ي{2}",
    "ان{0}{1}ا{2}",
)
_PHRASES = (
    "قال في بيان له اليوم إن",
    "وأضاف المتحدث في تصريح صحفي أن",
    "من جانبه أكد رئيس مجلس البلدية أن",
    "على صعيد آخر",
    "في وقت سابق من هذا الأسبوع",
    "بحسب ما نقلت وسائل إعلام محلية عن مصادر مطلعة",
    "دون أن يذكر مزيدا من التفاصيل",
    "ولم يصدر حتى الآن أي تعليق رسمي",
)


@cache
def _vocabulary() -> tuple[tuple[str, ...], tuple[float, ...]]:
    rng = random.Random(1)
    words: dict[str, None] = {}
    while len(words) < WORDS:
        root = [rng.choice(letters) for letters in ("".join(_ROOTS),) * 3]
        word = rng.choice(_SHAPES).format(*root)
        words[rng.choice(("", "", "ال", "و", "وال", "ب", "ل")) + word + rng.choice(("", "", "", "ين", "ات", "ه", "ها"))] = None
    return tuple(words), tuple(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))  # Mandelbrot's form of Zipf's law


def words(rng: random.Random, count: int) -> list[str]:
    vocabulary, weights = _vocabulary()
    return rng.choices(vocabulary, cum_weights=weights, k=count)


def text(seed: int, length: int = 300) -> list[str]:
    """Paragraphs of about `length` words together; every third sentence has a stock phrase."""
    rng = random.Random(seed)
    paragraphs: list[str] = []
    left = length
    while left > 0:
        sentences = []
        for _ in range(rng.randint(1, 3)):
            phrase = rng.choice(_PHRASES).split() if rng.random() < 1 / 3 else []
            said = [*phrase, *words(rng, rng.randint(9, 24))]
            left -= len(said)
            sentences.append(" ".join(said) + ".")
        paragraphs.append(" ".join(sentences))
    return paragraphs


def headline(seed: int) -> str:
    return " ".join(words(random.Random(-1 - seed), 8))


def changed(paragraphs: Sequence[str], share: float, seed: int = 0) -> list[str]:
    """The text with this share of its words replaced, each by chance alone."""
    rng = random.Random(seed)
    return [" ".join(words(rng, 1)[0] if rng.random() < share else word for word in one.split()) for one in paragraphs]
