"""WhatsApp's text files: dates as phones write them, lines that belong together."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from resmem_core.errors import InputError
from resmem_core.importers import BadLine, Imported, LeftOut, read


def chat(path: Path, *lines: str) -> Path:
    (path / "WhatsApp Chat with Bo.txt").write_text("\n".join(lines), "utf-8")
    return path / "WhatsApp Chat with Bo.txt"


@pytest.mark.parametrize(
    "head",
    [
        "31/12/2023, 23:05 - ",
        "12/31/23, 11:05 PM - ",
        "31.12.23, 23:05 - ",
        "31.12.2023 23:05 - ",
        "[31/12/2023, 23:05:00] ",
        "[12/31/23, 11:05:00\u202fPM] ",
        "\u200e[31.12.23, 23:05:00] ",
        "2023-12-31, 23:05 - ",
        "2023/12/31 23:05 - ",
        "31/12/2023 à 23:05 - ",
        "31-12-2023 23:05 - ",
        "31/12/23, 11:05 p.\u00a0m. - ",
        "2023. 12. 31. 오후 11:05 - ",
        "[2023/12/31 下午11:05:00] ",
        "2023/12/31 午後11:05 - ",
        "٣١/١٢/٢٠٢٣، ١١:٠٥ م - ",
        "31.12.2023 klo 23.05 - ",
        "[11:05 PM, 12/31/2023] ",
        "[23:05, 31.12.2023] ",
        "31/12/2023, 11:05 pm – ",
    ],
)
def test_dates_as_phones_write_them(tmp_path: Path, head: str) -> None:
    """Day first, month first, year first; 12 and 24 hours; brackets and dashes; other digits."""
    [item] = read(chat(tmp_path, f"{head}Bo: Happy new year: almost"))

    assert isinstance(item, Imported)
    assert item.message.at == datetime(2023, 12, 31, 23, 5)
    assert (item.message.author, item.message.text) == ("Bo", "Happy new year: almost")


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (("03/04/2024", "13/04/2024"), datetime(2024, 4, 3, 9)),
        (("03/04/2024", "04/13/2024"), datetime(2024, 3, 4, 9)),
        (("03/04/2024", "01/05/2024"), datetime(2024, 4, 3, 9)),
        (("03/04/2024", "04/01/2024"), datetime(2024, 3, 4, 9)),
        (("03.04.24", "05.06.24"), datetime(2024, 4, 3, 9)),
    ],
)
def test_the_file_itself_tells_day_from_month(
    tmp_path: Path, dates: tuple[str, str], first: datetime
) -> None:
    """By a number above 12, else by the order in which messages stand, else by the dots."""
    items = list(read(chat(tmp_path, *(f"{date}, 09:00 - Bo: x{date}" for date in dates))))

    assert isinstance(items[0], Imported)
    assert items[0].message.at == first


def test_dates_that_do_not_tell_are_not_guessed(tmp_path: Path) -> None:
    """The error names the option that decides, and the option decides."""
    path = chat(tmp_path, "03/04/2024, 09:00 - Bo: x", "05/06/2024, 09:00 - Bo: y")
    with pytest.raises(InputError, match="--date-order"):
        list(read(path))
    [item, _] = read(path, date_order="mdy")

    assert isinstance(item, Imported)
    assert item.message.at == datetime(2024, 3, 4, 9)


def test_days_and_months_that_contradict_are_refused(tmp_path: Path) -> None:
    """Half a file day first and half month first is no file that can be ordered."""
    path = chat(tmp_path, "13/04/2024, 09:00 - Bo: x", "04/13/2024, 09:00 - Bo: y")
    with pytest.raises(InputError, match="split the file"):
        list(read(path))


def test_lines_of_one_message_stay_together_and_system_lines_are_left_out(tmp_path: Path) -> None:
    """Blank lines too; what the program itself says and what is no text is counted."""
    items = list(read(chat(
        tmp_path,
        "13/04/2024, 09:00 - Messages and calls are end-to-end encrypted.",
        '13/04/2024, 09:01 - Ana changed the subject to "Trip: Rome"',
        "13/04/2024, 09:02 - Ana: Shopping:", "- milk", "", "- bread",
        "13/04/2024, 09:03 - Bo: <Media omitted>",
        "13/04/2024, 09:04 - Bo: IMG-1.jpg (file attached)",
        "13/04/2024, 09:05 - +44 7700 900123: Done <This message was edited>",
    )))  # fmt: skip

    said = [(i.message.author, i.message.text) for i in items if isinstance(i, Imported)]
    assert said == [("Ana", "Shopping:\n- milk\n\n- bread"), ("+44 7700 900123", "Done")]
    assert [i.what for i in items if isinstance(i, LeftOut)] == [
        "system line", "system line", "picture or file", "picture or file",
    ]  # fmt: skip


def test_a_date_that_does_not_exist_is_an_error_with_its_line(tmp_path: Path) -> None:
    """The rest of the file is read."""
    lines = ("13/04/2024, 09:00 - Bo: x", "31/02/2024, 09:00 - Bo: y", "30/04/2024, 09:00 - Bo: z")
    items = list(read(chat(tmp_path, *lines)))

    assert [i.where for i in items if isinstance(i, BadLine)] == ["WhatsApp Chat with Bo.txt:2"]
    assert len(items) == 3


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "shift_jis"])
def test_a_chat_in_an_old_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    """No text is taken in with its letters lost; the error says how to convert it."""
    line = (
        "31/12/2023, 23:05 - Bo: ピザ" if encoding == "shift_jis" else "31/12/2023, 23:05 - Bo: é"
    )
    path = tmp_path / "WhatsApp Chat with Bo.txt"
    path.write_bytes(line.encode(encoding))

    with pytest.raises(InputError, match="UTF-8"):
        list(read(path))


def test_a_chat_in_utf_16_is_read(tmp_path: Path) -> None:
    """Its mark tells."""
    path = tmp_path / "WhatsApp Chat with Bo.txt"
    path.write_bytes("31/12/2023, 23:05 - Bo: Je suis né à Liège.".encode("utf-16"))

    assert [i.message.text for i in read(path) if isinstance(i, Imported)] == [
        "Je suis né à Liège."
    ]
