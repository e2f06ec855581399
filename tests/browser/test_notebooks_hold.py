"""What a shared notebook goes through in a lesson: rights that change, a patched page.

Claire and Amina have it open in JupyterLab, Zoé reads on a phone. Played by
`make lesson`, for starting two JupyterLabs and their kernels takes a while.
"""

import base64

import pytest
from playwright.sync_api import expect
from pycrdt import Array, Doc, Map, Text

from browser.arrivals import Arrivals
from browser.lab_people import LAB_TIMEOUT_MS, LabPerson
from browser.notebooks import add, long_notebook
from browser.people import KEEP_SOCKETS, Person

pytestmark = pytest.mark.long
LESSON = "tenue.ipynb"
CELLS = 40
FORBIDDEN = "interdit"


@pytest.fixture(scope="module")
def trainer(arrivals: Arrivals) -> LabPerson:
    """Claire, presenting a notebook from JupyterLab."""
    person = arrivals.trainer_in_lab()
    add(person, LESSON, long_notebook(CELLS))
    person.present(LESSON)
    return person


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: LabPerson) -> LabPerson:
    """Amina, in her own JupyterLab."""
    person = arrivals.in_lab("amina", KEEP_SOCKETS)
    expect(person.front(LESSON)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    return person


@pytest.fixture(scope="module")
def guest(guest: Person) -> Person:
    """Zoé, who reads along on a phone."""
    expect(guest.find("notebook")).to_contain_text("cellule 0")
    return guest


def lend(trainer: LabPerson, role: str) -> None:
    """Have Claire give Amina a role in the people panel, and go back to her notebook."""
    trainer.show_room()
    trainer.find("people-toggle").click()
    trainer.find("person").filter(has_text="Amina").get_by_test_id("person-actions").click()
    trainer.find(f"person-make-{role}").click()
    trainer.find("people-close").click()
    trainer.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").filter(has_text=LESSON).click()


def forbidden_change() -> str:
    """Make a change of one Yjs client, as a frame in base64: a whole cell, which needs nothing before it."""
    doc: Doc[Array[Map[object]]] = Doc()
    doc["cells"] = cells = Array[Map[object]]()
    cell = {"id": FORBIDDEN, "cell_type": "raw", "source": Text(FORBIDDEN), "metadata": Map()}
    cells.append(Map(cell))
    update = doc.get_update()
    length = bytes([len(update)]) if len(update) < 128 else bytes([len(update) & 127 | 128, len(update) >> 7])
    return base64.b64encode(bytes([0, 2]) + length + update).decode()


SMUGGLED = forbidden_change()


def smuggle(person: LabPerson) -> None:
    """Send the forbidden change on the open lines of the person's page, as a patched page would."""
    sent = person.page.evaluate(
        """frame => {
          const bytes = Uint8Array.from(atob(frame), letter => letter.charCodeAt(0));
          const lines = window.__sockets.filter(one => one.url.includes('/documents/') && one.readyState === 1);
          lines.forEach(line => line.send(bytes));
          return lines.length;
        }""",
        SMUGGLED,
    )
    assert sent > 0


def test_the_pointer_of_the_trainer_is_shown(trainer: LabPerson, trainee: LabPerson) -> None:
    trainer.bar("point").click()
    trainer.cell(3).click()
    trainer.cell(3).hover()

    expect(trainee.cell(3).locator(".webvisio-pointer")).to_be_visible()


def test_a_reader_with_a_patched_page_reaches_nobody(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    smuggle(trainee)
    trainee.run(1)  # for oneself alone, and so that there is a kernel

    expect(trainee.cell(1).locator(".jp-InputPrompt")).not_to_contain_text("*", timeout=LAB_TIMEOUT_MS)
    trainer.editor(2).click()
    trainer.page.keyboard.press("Control+End")
    trainer.page.keyboard.type("  # après")
    expect(trainee.editor(2)).to_contain_text("# après")
    for person in (trainer.notebook, guest.find("notebook")):
        expect(person).not_to_contain_text(FORBIDDEN)


def test_a_role_lent_lets_write_at_once_on_the_same_kernel(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    write_privately(trainee, 1)
    lend(trainer, "cohost")

    expect(trainee.bar("notebook-state")).to_have_text("Enregistré dans la salle")
    trainee.add_line_and_run(1, "print('noyau gardé :', x0)")
    expect(trainer.cell(1)).to_contain_text("noyau gardé : 0", timeout=LAB_TIMEOUT_MS)
    smuggle(trainee)
    trainee.add_line_and_run(2, "print('encore là')")
    expect(trainer.cell(2)).to_contain_text("encore là", timeout=LAB_TIMEOUT_MS)
    for person in (trainer.notebook, guest.find("notebook")):
        expect(person).to_contain_text("noyau gardé")
    assert_no_question(trainer, trainee)


def write_privately(person: LabPerson, number: int) -> None:
    """Run a cell as a reader, and wait for the kernel."""
    person.run(number)
    expect(person.cell(number).locator(".jp-InputPrompt")).not_to_contain_text("*", timeout=LAB_TIMEOUT_MS)


def assert_no_question(*people: LabPerson) -> None:
    for person in people:
        expect(person.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_role_taken_back_makes_a_reader_again_and_nothing_diverges(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    lend(trainer, "participant")

    expect(trainee.bar("notebook-state")).to_have_text("Lecture seule")
    trainee.editor(2).click()
    trainee.page.keyboard.type("ne passe pas")
    trainee.page.keyboard.press("Escape")
    trainer.add_line_and_run(3, "print('suite')")
    expect(trainee.cell(3)).to_contain_text("suite", timeout=LAB_TIMEOUT_MS)
    for person in (trainer, trainee):
        expect(person.editor(2)).to_contain_text("encore là")
        expect(person.notebook).not_to_contain_text("ne passe pas")
    expect(guest.find("notebook")).not_to_contain_text(FORBIDDEN)
    assert_no_question(trainer, trainee)
