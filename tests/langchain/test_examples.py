"""The examples run as they are shipped, without a network."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def main_of(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_the_agent_remembers(capsys, tmp_path):
    """It answers in a new thread from what it was told in another, also after a restart."""
    main = main_of("add_memory_to_langchain_agent")

    main(str(tmp_path / "agent.db"))
    first = capsys.readouterr().out
    main(str(tmp_path / "agent.db"))

    assert "[friday] agent: user said on" in first
    assert first.count("“I moved to Lisbon in May, and my cat is called Miso.”") == 2
    assert "Knobs(temperature=" in first
    assert "I moved to Lisbon" in capsys.readouterr().out


def test_the_agent_example_is_short():
    """What a person must read to add memory is at most 40 lines."""
    text = (EXAMPLES / "add_memory_to_langchain_agent.py").read_text()

    assert len(text.splitlines()) <= 40


def test_the_knobs_answer_an_outage(capsys):
    """Stress rises in the outage, the knobs move, and after it the stress is gone."""
    main_of("tune_knobs_with_callbacks")()

    lines = capsys.readouterr().out.splitlines()
    stress = [float(line.split("stress ")[1].split()[0]) for line in lines]
    assert max(stress[2:5]) > 0.05
    assert stress[-1] < 0.02
    assert len({line.split("temperature")[1] for line in lines}) > 1


def test_the_store(capsys):
    """Faithful keeps all; gated refuses the blank and the repeat."""
    main_of("langgraph_store")()

    out = capsys.readouterr().out
    assert out.count("refused") == 2
    assert "['keep', 'drop', 'merge']" in out


def test_the_ollama_variant(capsys, provider):
    """Ollama's own client reaches Ollama's API: no option of ours, memories before the question."""
    pytest.importorskip("langchain_ollama")
    provider.answer = lambda body: f"I was told: {body['messages'][-1]['content'][-80:]}"

    main_of("add_memory_to_langchain_agent_ollama")("llama3.2", provider.url)

    assert provider.paths == ["/api/chat", "/api/chat"]
    assert provider.bodies[0]["model"] == "llama3.2"
    assert [body["options"] for body in provider.bodies] == [{}, {}]
    assert "my cat is called Miso" in str(provider.bodies[1]["messages"][-1]["content"])
    assert "[friday] agent: I was told:" in capsys.readouterr().out


def test_a_real_provider_s_class(capsys, monkeypatch):
    """OpenAI's class over a recorded transport: the request of the second thread has the memory."""
    pytest.importorskip("langchain_openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    main_of("add_memory_to_langchain_agent_openai")()

    monday, friday = [line for line in capsys.readouterr().out.splitlines() if "agent:" in line]
    assert monday == "[monday] agent: Noted."
    assert "I moved to Lisbon in May, and my cat is called Miso." in friday
