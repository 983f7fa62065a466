"""The record of changes as it is read: what belongs to an object, in words, who may read it, and how it is downloaded."""

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from cuentas import cadena
from cuentas.auditoria import en_nombre_de, modelos_auditados, que_lleva_al_municipio
from cuentas.models import Usuario
from demandas.models import Demanda, Rango
from mapas.registro import alcance, consulta
from mapas.registro.cambios import contar
from mapas.registro.consulta import Filtro
from proyectos.models import PDM, POA, Operacion
from territorio.models import CodigoExterno, Limite, Rol, Sucesion, UnidadTerritorial
from tests import hechos, mundo
from tests.cadena import correr, sellar
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(muni):
    return miembro(muni, Rol.PLANIFICADOR, "rosa")


@pytest.fixture
def en_la_pagina(client, request):
    """What somebody of the municipality (rosa unless told) reads there, without spaces of sources."""

    def leer(ruta: str, quien=None) -> str:
        respuesta = entrar(client, quien or request.getfixturevalue("rosa")).get(ruta)
        assert respuesta.status_code == 200, respuesta.content.decode()[:400]
        return " ".join(respuesta.content.decode().replace("\xa0", " ").split())

    return leer


def _todas(partes, filtro=None):
    return consulta.entradas(partes, filtro or Filtro(), desde=0, cuantas=100)


def _dichos(modelo, pk: int) -> list[tuple[str, str, str]]:
    """Every line of the newest entry of an object: field, before, and what stands since or what became of a shape."""
    entrada = _todas(alcance.de_objeto(modelo, pk)).entradas[0]
    with translation.override("es"):
        cambios = contar(entrada.primeros)
    return [
        (linea.campo, linea.antes, (linea.dicho or linea.despues).replace("\xa0", " "))
        for suceso in entrada.primeros
        for linea in cambios[suceso].lineas
    ]


# --- words ------------------------------------------------------------------------------------------------------------
def test_each_field_is_told_before_and_after_in_the_words_of_its_kind(muni, oeste, este, rosa):
    demanda = hechos.demanda(
        muni, "a", mundo.punto(0.5, 0.5), sector=hechos.sector("11"), costo_estimado=Decimal("1000"), proponente=oeste
    )
    with en_nombre_de(rosa):
        Demanda.objects.filter(pk=demanda.pk).update(
            titulo="Agua para todos",
            costo_estimado=Decimal("1234567.89"),
            grupo="mujeres",
            fecha=date(2026, 3, 4),
            publicada=False,
            proponente=este,
            sector=hechos.sector("20"),
            punto=mundo.punto(0.5, 1.5),
            beneficiarias_mujeres=1200,
        )
    assert set(_dichos(Demanda, demanda.pk)) == {
        ("Título", demanda.titulo, "Agua para todos"),
        ("Costo estimado", "Bs\xa01.000,00", "Bs 1.234.567,89"),
        ("Grupo", "toda la comunidad", "mujeres"),
        ("Fecha", "", "04/03/2026"),
        ("Publicada", "sí", "no"),
        ("Proponente", "Oeste", "Este"),
        ("Sector", str(hechos.sector("11")), str(hechos.sector("20"))),
        ("Punto", "", "se movió 1.107 m"),
        ("Mujeres beneficiarias", "", "1.200"),
    }


def test_another_polygon_is_told_by_its_areas_and_the_same_one_not_at_all(oeste, rosa):
    limite = oeste.limites.get()
    with en_nombre_de(rosa):
        Limite.objects.filter(pk=limite.pk).update(geom=mundo.cuadro(0, 0, 1), norma="Ley 1")
    dichos = {campo: despues for campo, _antes, despues in _dichos(UnidadTerritorial, oeste.pk)}
    assert dichos["Norma"] == "Ley 1"
    assert dichos["Forma"].startswith("otro polígono: ")
    assert dichos["Forma"].endswith("ha")
    with en_nombre_de(rosa):
        Limite.objects.filter(pk=limite.pk).update(norma="Ley 2")
    assert [campo for campo, *_resto in _dichos(UnidadTerritorial, oeste.pk)] == ["Norma"]


def test_a_shape_that_comes_or_goes_is_told_as_such(muni, rosa):
    demanda = hechos.demanda(muni, "a", ubicar=False)
    with en_nombre_de(rosa):
        Demanda.objects.filter(pk=demanda.pk).update(linea=mundo.linea((0, 0), (1, 0)))
    assert _dichos(Demanda, demanda.pk) == [("Linea", "", "1.065 m")]
    with en_nombre_de(rosa):
        Demanda.objects.filter(pk=demanda.pk).update(linea=None)
    assert _dichos(Demanda, demanda.pk) == [("Linea", "1.065\xa0m", "")]


def test_what_is_gone_keeps_its_name_where_it_was_named(muni, oeste, rosa):
    demanda = hechos.demanda(muni, "a", proponente=oeste)
    with en_nombre_de(rosa):
        Demanda.objects.filter(pk=demanda.pk).update(proponente=None)
        correr("DELETE FROM territorio_limite; DELETE FROM territorio_cifra; DELETE FROM territorio_unidadenunidad")
        correr("DELETE FROM demandas_demandaunidad; DELETE FROM territorio_poblacion")
        correr("DELETE FROM territorio_desglose")
        correr("DELETE FROM territorio_unidadterritorial WHERE id = %s", oeste.pk)
    assert ("Proponente", "Oeste (borrado)", "") in _dichos(Demanda, demanda.pk)


def test_a_deletion_tells_what_was_there(muni, rosa):
    demanda = hechos.demanda(muni, "a", titulo="Agua", costo_estimado=Decimal(5), ubicar=False)
    pk = demanda.pk
    with en_nombre_de(rosa):
        demanda.delete()
    dichos = _dichos(Demanda, pk)
    assert ("Título", "Agua", "") not in dichos  # the title of the entry says it
    assert ("Costo estimado", "Bs\xa05,00", "") in dichos


# --- what belongs together --------------------------------------------------------------------------------------------
def test_all_changes_of_one_time_are_one_entry_and_the_newest_comes_first(muni, rosa):
    demanda = hechos.demanda(muni, "a", ubicar=False)
    with en_nombre_de(rosa, ruta="/a/"):
        Demanda.objects.filter(pk=demanda.pk).update(titulo="Uno")
        Rango.objects.create(demanda=demanda, grupo="mujeres", puesto=1)
    with en_nombre_de(rosa, ruta="/a/"):
        Demanda.objects.filter(pk=demanda.pk).update(titulo="Dos")
    hallado = _todas(alcance.de_objeto(Demanda, demanda.pk))
    assert [entrada.cuantos for entrada in hallado.entradas] == [1, 2, 1]
    assert (hallado.total, hallado.cambios) == (3, 4)


def test_what_hung_on_an_object_once_stays_in_its_history(muni, oeste, este):
    codigo = CodigoExterno.objects.create(unidad=oeste, esquema="x", codigo="1")
    CodigoExterno.objects.filter(pk=codigo.pk).update(unidad=este)
    CodigoExterno.objects.filter(pk=codigo.pk).update(codigo="2")

    def suyos(unidad) -> list[str]:
        sucesos = consulta.sucesos(alcance.de_objeto(UnidadTerritorial, unidad.pk), Filtro())
        eventos = CodigoExterno.pgh_event_model.objects.in_bulk(
            [s.pgh_id for s in sucesos if s.tabla == "territorio_codigoexternoevent"]
        )
        return sorted(f"{e.pgh_label} {e.codigo}" for e in eventos.values())

    assert suyos(oeste) == ["insert 1", "update 1"]
    assert suyos(este) == ["update 1", "update 2"]


def test_a_succession_is_told_of_both_units(oeste, este):
    Sucesion.objects.create(predecesora=oeste, sucesora=este, desde=date(2024, 1, 1), motivo="sustitucion")
    for unidad in (oeste, este):
        tablas = {s.tabla for s in consulta.sucesos(alcance.de_objeto(UnidadTerritorial, unidad.pk), Filtro())}
        assert "territorio_sucesionevent" in tablas


def test_a_plan_tells_that_a_project_came_in_and_went_out_but_not_its_other_changes(muni):
    plan = PDM.objects.create(municipio=muni, nombre="PDM", desde=2021, hasta=2025)
    proyecto = hechos.proyecto(muni, "p", pdm=plan)
    type(proyecto).objects.filter(pk=proyecto.pk).update(nombre="Otro nombre")
    type(proyecto).objects.filter(pk=proyecto.pk).update(pdm=None)
    type(proyecto).objects.filter(pk=proyecto.pk).update(nombre="Ya fuera")
    sucesos = consulta.sucesos(alcance.de_objeto(PDM, plan.pk), Filtro())
    eventos = type(proyecto).pgh_event_model.objects.in_bulk(
        [s.pgh_id for s in sucesos if s.tabla == "proyectos_proyectoevent"]
    )
    assert sorted((e.pgh_label, e.nombre, e.pdm_id) for e in eventos.values()) == [
        ("insert", proyecto.nombre, plan.pk),
        ("update", "Otro nombre", None),
    ]


def test_the_history_of_a_unit_is_not_that_of_what_is_asked_in_it(muni, oeste):
    antes = _todas(alcance.de_objeto(UnidadTerritorial, oeste.pk)).cambios
    hechos.demanda(muni, "a", proponente=oeste)
    mundo.unidad("comunidad", "c", None, municipio=muni, padre=oeste)
    assert _todas(alcance.de_objeto(UnidadTerritorial, oeste.pk)).cambios == antes


def test_every_model_of_a_municipality_is_in_its_record_and_nothing_of_another(tablero):
    partes = alcance.de_municipio(tablero.pk)
    assert {p.eventos for p in partes} == {m for m in modelos_auditados() if que_lleva_al_municipio(m)}
    sucesos = {(s.tabla, s.pgh_id) for s in consulta.sucesos(partes, Filtro())}
    otro = mundo.unidad("municipio", "990102", mundo.cuadro(9, 9), personas=5)
    ajena = hechos.demanda(otro, "a")
    Rango.objects.create(demanda=ajena, grupo="mujeres", puesto=1)
    assert {(s.tabla, s.pgh_id) for s in consulta.sucesos(partes, Filtro())} == sucesos
    ajenos = consulta.sucesos(alcance.de_municipio(otro.pk), Filtro())
    assert {s.tabla for s in ajenos} >= {"demandas_rangoevent", "territorio_limiteevent", "territorio_poblacionevent"}


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_page_of_an_object_says_who_did_what(en_la_pagina, muni, rosa):
    demanda = hechos.demanda(muni, "a", titulo="Agua")
    with en_nombre_de(rosa, ruta="/x/", desde="10.9.8.7"):
        Demanda.objects.filter(pk=demanda.pk).update(titulo="Agua <b>potable</b>")
    pagina = en_la_pagina(f"/demandas/{demanda.pk}/registro/")
    assert "<strong>rosa</strong>" in pagina
    assert "<del>Agua</del>" in pagina
    assert "<ins>Agua &lt;b&gt;potable&lt;/b&gt;</ins>" in pagina
    assert "10.9.8.7" not in pagina


def test_from_where_is_told_to_administradores_alone(en_la_pagina, muni, rosa):
    demanda = hechos.demanda(muni, "a")
    with en_nombre_de(rosa, ruta="/x/", desde="10.9.8.7"):
        Demanda.objects.filter(pk=demanda.pk).update(titulo="Otro")
    for ruta in (f"/demandas/{demanda.pk}/registro/", "/municipio/registro/"):
        assert "10.9.8.7" in en_la_pagina(ruta, miembro(muni, Rol.ADMINISTRADOR, f"admin{len(ruta)}"))
        for rol in set(Rol) - {Rol.ADMINISTRADOR}:
            assert "10.9.8.7" not in en_la_pagina(ruta, miembro(muni, rol, f"{rol}{len(ruta)}"))


def test_a_change_through_a_page_is_told_as_its_users(client, muni, en_la_pagina):
    tecnica = miembro(muni, Rol.TECNICO_SIG, "tecnica")
    unidad = mundo.unidad("comunidad", "c", None, municipio=muni, nombre="Antes")
    ruta = f"/api/v1/unidades/{unidad.pk}/"
    version = {"If-Match": entrar(client, tecnica).get(ruta)["ETag"]}
    hecha = client.patch(ruta, json.dumps({"categoria": "ayllu"}), content_type="application/json", headers=version)
    assert hecha.status_code == 200, hecha.content
    pagina = en_la_pagina(f"/unidades/{unidad.pk}/registro/")
    assert "<strong>tecnica</strong>" in pagina
    assert "<ins>ayllu</ins>" in pagina


def test_what_was_deleted_is_still_found_from_the_municipality(en_la_pagina, muni, rosa):
    demanda = hechos.demanda(muni, "a", titulo="Puente colgante", ubicar=False)
    pk = demanda.pk
    with en_nombre_de(rosa):
        demanda.delete()
    ruta = f"/demandas/{pk}/registro/"
    assert f'href="{ruta}"' in en_la_pagina("/municipio/registro/")
    pagina = en_la_pagina(ruta)
    assert "Puente colgante" in pagina
    assert "se borró" in pagina


def test_to_others_there_is_no_such_page_nor_link(client, muni, oeste):
    demanda = hechos.demanda(muni, "a")
    otro = mundo.unidad("municipio", "990102", None)
    rutas = ["/municipio/registro/?municipio=990101", "/municipio/registro.csv?municipio=990101"]
    rutas += [f"/demandas/{demanda.pk}/registro/", f"/unidades/{oeste.pk}/registro/", f"/unidades/{muni.pk}/registro/"]
    for quien in (None, miembro(otro, Rol.ADMINISTRADOR, "de_otro")):
        if quien:
            entrar(client, quien)
        assert [client.get(ruta).status_code for ruta in rutas] == [404] * len(rutas)
        assert f"/demandas/{demanda.pk}/registro/" not in client.get(f"/demandas/{demanda.pk}/").content.decode()
    entrar(client, miembro(muni, Rol.LECTOR, "lectora"))
    for ruta in (f"/demandas/{demanda.pk}/", f"/unidades/{oeste.pk}/"):
        assert f"{ruta}registro/" in client.get(ruta).content.decode()


def test_who_is_limited_to_a_district_sees_the_record_of_what_lies_there(client, muni, oeste, este):
    cerca, lejos = (hechos.demanda(muni, codigo, mundo.punto(x, 0.5)) for codigo, x in (("a", 0.5), ("b", 3)))
    entrar(client, miembro(muni, Rol.FACILITADOR, "limitada", unidades=[oeste]))
    assert client.get(f"/demandas/{cerca.pk}/registro/").status_code == 200
    assert client.get(f"/demandas/{lejos.pk}/registro/").status_code == 404
    assert client.get("/municipio/registro/").status_code == 404


def test_plans_and_projects_have_their_record(en_la_pagina, tablero):
    rosa = miembro(tablero, Rol.CONCEJO, "concejala")
    operacion = Operacion.objects.select_related("poa", "proyecto").first()
    for ruta in (
        f"/planes/pdm/{PDM.objects.get().pk}/registro/",
        f"/planes/poa/{operacion.poa_id}/registro/",
        f"/proyectos/{operacion.proyecto_id}/registro/",
    ):
        assert "Se agregó" in en_la_pagina(ruta, rosa)
    assert "Operación" in en_la_pagina(f"/planes/poa/{operacion.poa_id}/registro/", rosa)


def test_a_long_entry_shows_its_first_changes_and_the_rest_on_pages_of_its_own(en_la_pagina, muni, rosa):
    with en_nombre_de(rosa, ruta="/x/"):
        CodigoExterno.objects.bulk_create(
            CodigoExterno(unidad=muni, esquema="x", codigo=f"c{n:03}") for n in range(120)
        )
    contexto = CodigoExterno.pgh_event_model.objects.first().pgh_context
    pagina = en_la_pagina(f"/unidades/{muni.pk}/registro/")
    assert "Agregó 120 códigos externos" in pagina
    assert "Ver 112 cambios más" in pagina
    ruta = f"/unidades/{muni.pk}/registro/?vez={contexto['vez']}"
    assert "página 1 de 3" in en_la_pagina(ruta)
    assert "c119" in en_la_pagina(f"{ruta}&pagina=3")


def test_the_municipality_s_record_is_narrowed_by_who_what_and_when(muni, rosa):
    demanda = hechos.demanda(muni, "a", ubicar=False)
    with en_nombre_de(rosa):
        Demanda.objects.filter(pk=demanda.pk).update(titulo="De Rosa")
    correr("SELECT set_config('pghistory.context_metadata', '', false)")
    Demanda.objects.filter(pk=demanda.pk).update(titulo="De nadie")
    partes = alcance.de_municipio(muni.pk)

    def cuantos(**filtro) -> int:
        return len(consulta.sucesos(partes, Filtro(tabla="demandas_demandaevent", **filtro)))

    hoy = timezone.localdate()
    assert cuantos() == 3
    assert (cuantos(quien=str(rosa.pk)), cuantos(quien="orden"), cuantos(quien="base")) == (1, 1, 1)
    assert (cuantos(desde=hoy), cuantos(hasta=hoy)) == (3, 3)
    assert (cuantos(desde=hoy + timedelta(1)), cuantos(hasta=hoy - timedelta(1))) == (0, 0)
    cuentas, con_ordenes, con_base = consulta.quienes(partes)
    assert (cuentas[rosa.pk], con_ordenes, con_base) == ("rosa", True, True)


@pytest.mark.parametrize(
    "consulta_", ["que=pg_class", "quien=nadie", "desde=ayer", "hasta=2026-13-01", "orden=x", "pagina=-1", "que=%00"]
)
def test_what_cannot_be_asked_is_refused(client, muni, rosa, consulta_):
    assert entrar(client, rosa).get(f"/municipio/registro/?{consulta_}").status_code == 400


def test_a_page_costs_as_many_queries_with_many_changes_as_with_few(client, muni, rosa, oeste):
    demanda = hechos.demanda(muni, "a", proponente=oeste)

    def cuantas() -> int:
        with CaptureQueriesContext(
            connection,
        ) as hechas:
            assert client.get("/municipio/registro/").status_code == 200
        return len(hechas)

    def cambiar(veces: int) -> None:
        for n in range(veces):
            with en_nombre_de(rosa, ruta="/x/"):
                Demanda.objects.filter(pk=demanda.pk).update(titulo=f"Título {n}", proponente=oeste if n % 2 else muni)

    entrar(client, rosa)
    cambiar(2)
    cuantas()  # what the first request alone asks
    antes = cuantas()
    cambiar(12)
    assert cuantas() == antes


# --- download and seal ------------------------------------------------------------------------------------------------
def test_the_download_says_what_the_page_says_and_no_cell_is_a_formula(client, muni, rosa):
    demanda = hechos.demanda(muni, "a", titulo="=1+1", ubicar=False)
    with en_nombre_de(rosa):
        Demanda.objects.filter(pk=demanda.pk).update(titulo="@suma", costo_estimado=7)
    sellar()
    respuesta = entrar(client, rosa).get("/municipio/registro.csv?que=demandas_demandaevent")
    texto = b"".join(respuesta.streaming_content).decode("utf-8-sig")
    filas = list(csv.reader(io.StringIO(texto)))
    assert filas[0] == ["fecha", "hora", "quién", "cambio", "qué", "cuál", "campo", "antes", "después"]
    assert [f[2:4] + f[6:] for f in filas[1:3]] == [
        ["rosa", "Se cambió", "Título", "'=1+1", "'@suma"],
        ["rosa", "Se cambió", "Costo estimado", "", "Bs\xa07,00"],
    ]
    assert filas[3][3] == "Se agregó"
    assert filas[-1] == ["sello del registro", str(cadena.cabeza())]
    admin = entrar(client, miembro(muni, Rol.ADMINISTRADOR, "admin")).get("/municipio/registro.csv")
    assert ",desde," in b"".join(admin.streaming_content).decode()


def test_anybody_may_read_the_seal_and_ask_whether_one_still_stands(client, muni):
    sello = sellar()
    assert client.get("/sello.json").json()["sello"] == str(sello)
    assert str(sello) in client.get("/sello/").content.decode()
    assert "Sigue en la cadena" in client.get(f"/sello/?sello={sello}").content.decode()
    falso = f"{sello.numero}:{'0' * 64}"
    assert "se reescribió" in client.get(f"/sello/?sello={falso}").content.decode()
    assert client.get("/sello/?sello=hola").status_code == 400


def test_the_foot_of_the_municipality_s_record_is_sealed(en_la_pagina, muni):
    sello = sellar()
    assert str(sello) in en_la_pagina("/municipio/registro/")


def test_a_superuser_reads_any_record(client, muni, oeste):
    entrar(client, Usuario.objects.create_superuser("raiz"))
    assert client.get(f"/unidades/{oeste.pk}/registro/").status_code == 200
    assert client.get("/municipio/registro/?municipio=990101").status_code == 200


def test_a_programme_that_was_never_there_has_no_record(client, muni, rosa):
    assert entrar(client, rosa).get(f"/planes/poa/{POA.objects.count() + 99}/registro/").status_code == 404
