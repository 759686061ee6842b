"""Worksheets that are handed out: versions, difficulty, cells, points, Moodle."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import lstminspect as li
from lstminspect import OptionError, Worksheet, quiz, render
from lstminspect.cli.main import main
from lstminspect.teaching.quiz.blanks import Blank, blanks
from lstminspect.teaching.quiz.sampler import BATCHES, CELLS, LEVELS, TIMESTEPS
from lstminspect.teaching.quiz.worksheet import DIFFICULTIES, TOPICS
from lstminspect.views.render import TESTS

SEEDS = range(12)


def without_numbers(text: str) -> str:
    return re.sub(r"\d[\d,]*", "#", text).replace("features", "feature")


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_another_version_asks_the_same_with_other_numbers(difficulty: str) -> None:
    for seed in SEEDS:
        first, second, third = quiz(seed, 20, difficulty=difficulty, versions=3)
        for one, two, other in zip(first.questions, second.questions, third.questions, strict=True):
            assert one.text != two.text
            assert one.text != other.text
            assert without_numbers(one.text) == without_numbers(two.text)
            assert without_numbers(one.answer) == without_numbers(other.answer)
            assert one.layer.cell == two.layer.cell
            assert one.layer.units != two.layer.units
            assert len(one.steps) == len(two.steps) or one.topic == "units"


def test_version_a_is_the_worksheet_without_a_version() -> None:
    assert quiz(7, version="a").questions == quiz(7).questions
    assert quiz(7, version="B") == quiz(7, versions=2)[1]
    assert [sheet.version for sheet in quiz(7, versions=3)] == ["A", "B", "C"]


def test_the_answers_of_another_version_are_checked_by_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import shlex

    for question in quiz(3, 20, version="D").questions:
        assert main(shlex.split(question.check.lines[0])[1:]) == 0
        assert question.check.gives in capsys.readouterr().out


def test_a_difficulty_decides_sizes_and_topics() -> None:
    for difficulty, level in LEVELS.items():
        for question in quiz(5, 60, difficulty=difficulty).questions:
            assert question.topic in DIFFICULTIES[difficulty]
            assert question.layer.units in level.units
            assert question.layer.features in level.features
            assert not (question.layer.bidirectional and level.both_ways == 0)
        assert not {*TIMESTEPS, *BATCHES} & {*level.units, *level.features}
    assert quiz(5, 4, ["mistake"], difficulty="easy").questions[0].topic == "mistake"


@pytest.mark.parametrize("cell", dict.fromkeys(CELLS))
def test_the_cells_that_are_asked_about_are_those_that_were_named(cell: str) -> None:
    asked = quiz(2, 30, cells=cell).questions
    assert {question.layer.cell.name for question in asked} == {cell}
    assert {question.topic for question in asked} == {
        topic for topic in TOPICS if cell in TOPICS[topic].cells
    }


def test_points_stand_at_every_question_and_add_up() -> None:
    sheet = quiz(7, 12)
    assert sheet.points == sum(question.points for question in sheet.questions)
    for text in (render(sheet.without_key()), render(sheet.key_only())):
        points = re.findall(r"\((\d+) points?\)", text.replace("\n  ", ""))
        assert sum(map(int, points)) == sheet.points
    assert f"Points of {sheet.points}:" in render(sheet.without_key())


def test_a_handout_has_a_title_a_name_line_and_space_to_write() -> None:
    handout = quiz(7, 3, title="Week 5").without_key()
    ruled = sum(len(question.steps) + 1 for question in handout.questions)
    assert render(handout).startswith("Week 5\n\nName: ___")
    assert render(handout, "html").count('aria-hidden="true"') == ruled
    latex = render(handout, "latex")
    assert latex.count(r"\hrulefill") == ruled + 3
    assert latex.count(r"\begin{enumerate}") == 1
    assert latex.count(r"\item") == 3
    assert "aria-hidden" not in render(quiz(7, 3).key_only(), "html")


def test_a_worksheet_is_no_wider_than_a_terminal() -> None:
    assert max(map(len, render(quiz(7, 60).without_key()).split("\n"))) <= 80


def test_the_blanks_of_a_question_are_worth_its_points() -> None:
    for question in quiz(11, 200).questions:
        assert sum(blank.points for blank in blanks(question)) == question.points
        assert min(blank.points for blank in blanks(question)) >= 1
        for blank in blanks(question):
            assert not blank.choices or blank.answer in blank.choices


def test_a_shape_may_be_written_in_several_ways() -> None:
    assert "(3,64)" in Blank("", (3, 64), 1).spellings
    assert Blank("", (16,), 1).spellings == ("(16,)", "(16)", "16")


#: What Moodle reads as a blank: question/type/multianswer/questiontype.php, ANSWER_REGEX.
CLOZE = re.compile(
    r"\{([0-9]*):(NUMERICAL|MULTICHOICE_V|SHORTANSWER):"
    r"((?:[^~}\\]|\\.)*(?:~(?:[^~}\\]|\\.)*)*)\}"
)


def questions_of(sheet: Worksheet) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(render(sheet, "moodle"))
    assert root.tag == "quiz"
    category, *questions = root
    assert category.get("type") == "category"
    assert category.findtext("category/text") == f"$course$/top/{sheet.heading}"
    return questions


def test_moodle_reads_every_question_with_its_points_and_its_exact_answer() -> None:
    sheet = quiz(7, 60)
    found = questions_of(sheet)
    assert len(found) == 60
    for element, question in zip(found, sheet.questions, strict=True):
        text = element.findtext("questiontext/text") or ""
        filled = blanks(question)
        assert element.findtext("name/text", "").endswith(question.topic)
        assert question.answer.split()[0] in element.findtext("generalfeedback/text", "")
        assert element.findtext("defaultgrade") == str(question.points)
        match element.get("type"):
            case "numerical":
                (answer,) = element.findall("answer")
                assert answer.get("fraction") == "100"
                assert answer.findtext("text") == str(question.value)
                assert answer.findtext("tolerance") == "0"
            case "truefalse":
                shares = {each.findtext("text"): each.get("fraction") for each in element[4:]}
                right = str(question.value).lower()
                assert shares == {"true": "0", "false": "0"} | {right: "100"}
            case "cloze":
                cloze = CLOZE.findall(text)
                assert [int(points) for points, _, _ in cloze] == [b.points for b in filled]
                assert text.count("{") == len(cloze) > 1
                for (_, kind, ways), blank in zip(cloze, filled, strict=True):
                    if kind == "NUMERICAL":
                        assert ways == f"={blank.answer}:0"
                    else:
                        right = [way[1:] for way in ways.split("~") if way[0] == "="]
                        assert right == list(blank.spellings if kind == "SHORTANSWER" else right)
                        assert kind == "SHORTANSWER" or right == [blank.answer]
            case other:
                raise AssertionError(other)


def test_a_title_with_markup_stays_a_title() -> None:
    sheet = quiz(7, 2, title="A < B & C/D")
    root = ElementTree.fromstring(render(sheet, "moodle"))
    assert root.findtext("question/category/text") == "$course$/top/A < B & C//D"


def test_gift_has_a_question_for_every_blank_and_escapes_its_own_signs() -> None:
    sheet = quiz(7, 40)
    text = render(sheet, "gift")
    category, *questions = re.split(r"\n\n(?=::)", text)
    assert category == "$CATEGORY: $course$/top/Worksheet 7"
    filled = [blank for question in sheet.questions for blank in blanks(question)]
    assert len(questions) == len(filled)
    for text, blank in zip(questions, filled, strict=True):
        found = re.fullmatch(
            r"::((?:[^:~=#{}\\]|\\.)+)::((?:[^:~=#{}\\]|\\.)+) \{(.*)\n####((?:[^{}\\]|\\.)*)\n\}",
            text, re.S,
        )  # fmt: skip
        assert found, text
        answer = found[3]
        if isinstance(blank.answer, bool):
            assert answer == ("T" if blank.answer else "F")
        elif isinstance(blank.answer, int):
            assert answer == f"#{blank.answer}:0"
        else:
            right = [line[1:] for line in answer.strip().split("\n") if line[0] == "="]
            assert len(right) == (1 if blank.choices else len(blank.spellings))


@pytest.mark.parametrize("format", TESTS)
def test_both_versions_stand_in_one_file(format: str) -> None:
    text = render(quiz(7, 3, versions=2), format)
    assert len(re.findall(r'(?:top/|title=")Worksheet 7, version A', text)) == 1
    assert len(re.findall(r'(?:top/|title=")Worksheet 7, version B', text)) == 1


@pytest.mark.parametrize("format", TESTS)
def test_a_format_for_worksheets_is_refused_for_another_answer(format: str) -> None:
    with pytest.raises(OptionError, match=rf"{format} is for worksheets alone.*Choose text"):
        render(li.Layer("lstm", 4, 3), format)


REFUSALS = {
    "--difficulty simple": r"no difficulty 'simple'\..* There are easy, medium, hard",
    "--cells lsmt": r"no questions on 'lsmt'\. Did you mean 'lstm'",
    "--cells peephole": r"no questions on 'peephole'\..*There are lstm, gru, gru_reset_before, rnn",
    "--cells lstm --topics reset-after": r"the topic reset-after asks about gru, not about lstm",
    "--version 2": r"version must be a letter from A to Z, got '2'",
    "--versions 27": r"versions must be a whole number from 1 to 26, got 27",
    "--versions 2 --version B": r"Choose one",
    "--format moodle --key": r"moodle has questions with answers\. Leave the key in",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_bad_input_is_one_sentence(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quiz", *line.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(REFUSALS[line], err)
    assert err.count("\n") == 1


def test_the_command_line_prints_what_python_does(capsys: pytest.CaptureFixture[str]) -> None:
    line = "quiz --seed 3 --questions 4 --difficulty Easy --cells LSTM,gru --versions 2 --title T"
    assert main([*line.split(), "--no-answers"]) == 0
    sheets = quiz(3, 4, difficulty="easy", cells=["lstm", "gru"], versions=2, title="T")
    asked = tuple(sheet.without_key() for sheet in sheets)
    assert capsys.readouterr().out == render(asked) + "\n"


def test_a_title_must_be_a_text() -> None:
    with pytest.raises(OptionError, match="title must be a text, got 5"):
        quiz(title=5)  # type: ignore[call-overload]


#: The children that an element of QTI 1.2.1 may have here, in their order (ims_qtiasiv1p2p1.dtd).
QTI = {
    "questestinterop": "assessment",
    "assessment": "(section )+",
    "section": "(item )+",
    "item": "presentation resprocessing itemfeedback",
    "presentation": "material (material (response_lid|response_str) )+",
    "material": "mattext",
    "response_lid": "render_choice",
    "response_str": "render_fib",
    "render_choice": "(response_label )+",
    "render_fib": "response_label",
    "response_label": "(material )?",
    "resprocessing": "outcomes (respcondition )+",
    "outcomes": "decvar",
    "respcondition": "conditionvar (setvar|displayfeedback)",
    "conditionvar": "(varequal|or|other)",
    "or": "(varequal )+",
    "itemfeedback": "solution",
    "solution": "solutionmaterial",
    "solutionmaterial": "material",
}


def test_qti_has_the_elements_of_its_schema_in_their_order() -> None:
    root = ElementTree.fromstring(render(quiz(7, 60, versions=2), "qti"))
    for element in root.iter():
        inside = " ".join(child.tag for child in element)
        pattern = QTI.get(element.tag, "").replace(" )+", "( |$))+").replace(" )?", "( |$))?")
        assert re.fullmatch(pattern, inside), (element.tag, inside)
    for tag in ("section", "item"):
        idents = [each.get("ident") for each in root.iter(tag)]
        assert len(set(idents)) == len(idents) > 1


def test_qti_gives_the_points_for_the_exact_answer_alone() -> None:
    sheet = quiz(7, 60)
    items = list(ElementTree.fromstring(render(sheet, "qti")).iter("item"))
    for item, question in zip(items, sheet.questions, strict=True):
        conditions = item.findall("resprocessing/respcondition")[:-1]
        assert item.find("resprocessing/outcomes/decvar").get("maxvalue") == str(question.points)  # type: ignore[union-attr]
        for condition, blank in zip(conditions, blanks(question), strict=True):
            right = [each.text for each in condition.iter("varequal")]
            assert condition.findtext("setvar") == str(blank.points)
            (ident,) = {each.get("respident") for each in condition.iter("varequal")}
            labels = {
                label.get("ident"): label.findtext("material/mattext")
                for asked in item.find("presentation") or ()
                if asked.get("ident") == ident
                for label in asked.iter("response_label")
            }
            shown = [labels.get(each, each) for each in right]
            assert shown == list(blank.spellings)
