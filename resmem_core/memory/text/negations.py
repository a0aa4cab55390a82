"""Words that turn a statement round, in the languages that are read."""

from __future__ import annotations

from typing import Final

from resmem_core.memory.text.vocabulary import words_of

NEGATIONS: Final = words_of(
    """
    no not never none nobody nothing neither nor without stop
    kein keine keinen keinem keiner keines nicht nichts nie niemals niemand ohne nein
    nunca jamás nada nadie tampoco sin ni jamais pas aucun aucune sans personne plus non rien
    não nem nenhum nenhuma ninguém mai niente nessuno senza
    geen niet nooit nee не ни нет нельзя никогда никто ничего без değil yok hiç asla hayır
    नहीं न मत لا ليس لم لن ما nie inte aldrig ikke 不 没 別 别 勿 无 無 안 못
    """
)
