"""Seed files: the lock is kept to the byte, and a link is made of counted words alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.digest import tokens
from archive.errors import BadSeeds
from archive.seed import ENOUGH, SeedFile, SeedSet, check_folder, link, load_lock, relate, shingles

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "seeds"
TITLE = "إعادة فتح الجسر بعد ترميم دام عامين"
BODY = (
    "أعيد صباح الأحد فتح الجسر الحجري أمام المشاة والسيارات الصغيرة بعد أعمال ترميم استمرت عامين كاملين.",
    "وقال مهندس المشروع إن الحجارة القديمة أعيدت إلى أماكنها واحدا واحدا، وإن الأرقام كتبت على كل حجر قبل فكه.",
    "وسيمنع مرور الشاحنات التي تزيد حمولتها على 3.5 طن، على أن يحدد موعد للمراجعة بعد ستة أشهر من الآن.",
)
OTHER = "بدأت مواسم قطاف الزيتون في التلال المحيطة بالبلدة، وشارك فيها طلاب المدارس في عطلة نهاية الأسبوع مع ذويهم."
SEED = "\n\n".join((TITLE, *BODY))


def a_set(**files: str) -> SeedSet:
    return SeedSet("0123456789ab", tuple((name, text.encode()) for name, text in files.items()))


def relations(text: str, seeds: SeedSet | None) -> dict[str, str]:
    return {one["name"]: one["relation"] for one in link(text, seeds)}


def test_equal_letters_are_identical_whatever_the_spelling() -> None:
    written = "\n".join((TITLE, *BODY)).replace("الجسر", "الجِسـر\u200f").replace("3.5", "٣٫٥")
    (found,) = link(written, a_set(one=SEED, other=OTHER))
    assert found["relation"] == "identical"
    assert found["seed_in_article"] == found["article_in_seed"]
    assert found["seed_in_article"]["share"] == 1.0
    assert found["paragraphs"] == [[1, 0], [3, 1], [5, 2], [7, 3]]
    assert (found["set"], found["sha256"]) == ("0123456789ab", hashlib.sha256(SEED.encode()).hexdigest())


def test_a_second_text_glued_to_the_seeds_end_still_contains() -> None:
    seeds = a_set(one=f"{SEED}تعليق\n{OTHER}")
    (found,) = link("\n".join((TITLE, *BODY)), seeds)
    assert found["relation"] == "contains"
    assert found["article_in_seed"]["share"] > found["seed_in_article"]["share"]
    assert [7, 3] in found["paragraphs"]


def test_half_a_text_is_derived() -> None:
    assert relations("\n".join((TITLE, BODY[0], BODY[1][:40], OTHER, OTHER[::-1])), a_set(one=SEED)) == {"one": "derived"}


def test_unrelated_and_short_texts_do_not_link() -> None:
    assert link(f"{TITLE}\n{OTHER}", a_set(one=SEED)) == ()
    assert link(BODY[0][:60], a_set(one=SEED)) == ()  # every word of it is in the seed, but they are too few
    assert link("", a_set(one=SEED)) == ()


def test_no_seed_set_means_no_links() -> None:
    assert link(SEED, None) == ()


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 500))
def test_no_link_rests_on_a_few_words(shared: int, seed: int, article: int) -> None:
    shared = min(shared, seed, article)
    relation = relate(False, shared, seed, article)
    assert relation in ("", "derived", "contains")
    assert not relation or shared >= ENOUGH
    assert relate(True, shared, seed, article) == "identical"


@given(st.lists(st.sampled_from(tokens(SEED)), max_size=60))
def test_shingles_do_not_depend_on_where_lines_end(words: list[str]) -> None:
    assert shingles(tokens("\n".join(words))) == shingles(tokens(" ".join(words)))


# ---- lock and folder


def write(folder: Path, **files: bytes) -> tuple[SeedFile, ...]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return tuple(SeedFile(name, len(data), hashlib.sha256(data).hexdigest(), "outlet") for name, data in files.items())


def test_a_folder_that_agrees_is_read(tmp_path: Path) -> None:
    lock = write(tmp_path, a=b"one", b=b"two")
    (tmp_path / "SHA256SUMS").write_text("not a seed file")
    assert check_folder(tmp_path, lock) == {"a": b"one", "b": b"two"}


def test_every_way_to_differ_is_named(tmp_path: Path) -> None:
    lock = write(tmp_path, a=b"one", b=b"two")
    (tmp_path / "b").write_bytes(b"twO")
    with pytest.raises(BadSeeds, match="b: 3 bytes"):
        check_folder(tmp_path, lock)
    (tmp_path / "b").unlink()
    with pytest.raises(BadSeeds, match="b is missing"):
        check_folder(tmp_path, lock)
    (tmp_path / "b").write_bytes(b"two")
    with pytest.raises(BadSeeds, match="a is not in seeds"):
        check_folder(tmp_path, lock[1:])
    with pytest.raises(BadSeeds, match="No such file"):
        check_folder(tmp_path / "nowhere", lock)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadSeeds, match="no seed file in it"):
        check_folder(empty, lock)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "needs one"),
        ("[[seed]]\nname = 'a'\nsize = 1\nsha256 = 'x'\n", "outlet"),
        ("[[seed]]\nname = 'a'\nsize = '1'\nsha256 = 'x'\noutlet = 'o'\n", "size"),
        ("[[seed]]\nname = 'a'\nsize = 1\nsha256 = 'x'\noutlet = 'o'\nurl = 'u'\n", "url"),
        ("[[seed]", "cannot be read"),
    ],
)
def test_a_lock_that_cannot_be_used_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "seeds.lock").write_text(text)
    with pytest.raises(BadSeeds, match=why):
        load_lock(tmp_path / "seeds.lock")


def test_the_lock_of_this_repository_names_five_files_and_their_outlets() -> None:
    lock = load_lock(ROOT / "seeds.lock")
    assert len(lock) == 5
    assert {entry.outlet for entry in lock} <= {path.stem for path in (ROOT / "outlets").glob("*.toml")}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/seeds")
def test_the_users_seed_files_are_those_of_the_lock_and_unrelated_to_each_other() -> None:
    files = check_folder(SHARED, load_lock(ROOT / "seeds.lock"))
    seeds = SeedSet("0" * 12, tuple(files.items()))
    for name, data in files.items():
        assert relations(data.decode(), seeds) == {name: "identical"}
