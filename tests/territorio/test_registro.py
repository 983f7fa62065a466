"""What a job of the queue writes is recorded as done by who asked for it; what verificar says of the record."""

import pytest
from django.core.management import CommandError, call_command

from cuentas.models import Eslabon
from demandas.models import Demanda
from territorio import tareas
from territorio.models import Importacion, Limite, UnidadTerritorial
from territorio.services import importaciones, marcha
from tests import hechos
from tests.cadena import contextos, correr, sellar
from tests.quienes import miembro
from tests.subidas import recibir, trabajar

pytestmark = pytest.mark.django_db


def test_an_import_is_recorded_as_done_by_who_accepted_it(muni, tecnica):
    otra = miembro(muni, "tecnico_sig", "otra")
    leida = trabajar(recibir(muni, tecnica))
    hecha = trabajar(importaciones.aceptar(uid=leida.uid, por=otra, huella=leida.huella))
    escritos = contextos(Limite, importacion=hecha.pk)
    assert {c["cuenta"] for c in escritos} == {"otra"}
    assert {(c["orden"], c["importacion"]) for c in escritos} == {("importaciones", str(hecha.uid))}
    leidos = contextos(Importacion, estado__in=["leyendo", "por_revisar"])
    assert {c["cuenta"] for c in leidos} == {"tecnica"}


def test_undoing_is_recorded_as_done_by_who_asked_for_it(muni, aplicada):
    otra = miembro(muni, "tecnico_sig", "otra")
    pedida = importaciones.pedir_deshacer(uid=aplicada.uid, por=otra)
    trabajar(pedida, lambda **quien: marcha.deshacer(**quien, por=otra.pk))
    borradas = contextos(UnidadTerritorial, pgh_label="delete")
    assert {c["cuenta"] for c in borradas} == {"otra"}


def test_undoing_does_not_take_the_lock_of_the_chain_before_it_commits(aplicada, tecnica):
    sellar()
    eslabones = Eslabon.objects.count()
    trabajar(importaciones.pedir_deshacer(uid=aplicada.uid, por=tecnica))
    assert Eslabon.objects.count() == eslabones  # written only when the constraint of the chain fires
    sellar()
    assert Eslabon.objects.count() > eslabones


def test_what_looks_after_imports_says_so(registrada):
    Importacion.objects.filter(pk=registrada.pk).update(estado="leyendo", trabajo=None)
    tareas.recuperar_importaciones.func(timestamp=0)
    assert contextos(Importacion)[-1]["orden"] == "recuperar_importaciones"


def test_verificar_fails_where_the_record_was_touched_and_says_where(muni, capsys):
    hechos.demanda(muni, "a")
    sello = sellar()
    call_command("verificar", sello=[str(sello)])
    dicho = capsys.readouterr().out
    assert "Todo coincide." in dicho
    assert f"bien   sello anotado {sello.numero}" in dicho
    correr("SET CONSTRAINTS ALL IMMEDIATE")
    tabla = Demanda.pgh_event_model._meta.db_table
    correr(f"ALTER TABLE {tabla} DISABLE TRIGGER USER; UPDATE {tabla} SET titulo = 'x'")
    with pytest.raises(SystemExit):
        call_command("verificar", sello=[f"{sello.numero + 1}:{'0' * 64}"])
    dicho = capsys.readouterr().out
    assert "FALLA  registro de cambios" in dicho
    assert "FALLA  rol, permisos" in dicho  # the triggers are off
    assert "se cortó después de anotarlo" in dicho
    with pytest.raises(CommandError, match="NÚMERO:HUELLA"):
        call_command("verificar", sello=["x"])


def test_the_command_prints_the_newest_seal(muni, capsys):
    sello = sellar()
    call_command("sello")
    assert capsys.readouterr().out.strip() == str(sello)
