"""What a community finds is written with the rank that each group gave, and what is asked because of it keeps its reason."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cuentas.versiones import FaltaVersion, VersionVieja
from demandas.models import DatoInstitucional, DemandaHallazgo, Evento, Grupo, Hallazgo, PasoDeDemanda, TipoDeHallazgo
from demandas.services import diagnostico, institucional
from territorio.models import Rol
from tests import hechos, mundo
from tests.archivos import contenido, correr, tabla_csv, xlsx
from tests.quienes import miembro

pytestmark = pytest.mark.django_db


@pytest.fixture
def cota(muni, oeste):
    return mundo.unidad(
        "comunidad", "c", mundo.cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ñuñu Mayu", personas=120
    )


@pytest.fixture
def rosa(muni):
    return miembro(muni, Rol.FACILITADOR)


def anotar(rosa, unidad, texto="Falta agua", **como):
    return diagnostico.registrar_hallazgo(
        por=rosa, unidad=unidad, **{"tipo": "problema", "grupo": "mujeres", "texto": texto, **como}
    )


def taller(muni, unidad, **como):
    return Evento.objects.create(
        municipio=muni,
        unidad=unidad,
        **{"tipo": "autodiagnostico", "fecha": date(2024, 5, 1), "estado": "realizado", **como},
    )


# --- ranks ------------------------------------------------------------------------------------------------------------
def test_a_rank_twice_in_one_order_is_refused_and_the_free_one_is_named(rosa, cota):
    anotar(rosa, cota, "Falta agua", puesto=1)
    with pytest.raises(ValidationError) as error:
        anotar(rosa, cota, "Falta luz", puesto=1)
    dicho = error.value.message_dict["puesto"][0]
    assert "«Falta agua»" in dicho and "mujeres" in dicho and "el 2" in dicho


def test_each_group_kind_community_and_meeting_has_its_own_order(rosa, muni, oeste, cota):
    otra = mundo.unidad("comunidad", "d", mundo.cuadro(1, 0), municipio=muni, padre=oeste, personas=80)
    anotar(rosa, cota, puesto=1)
    anotar(rosa, cota, puesto=1, grupo="hombres")
    anotar(rosa, cota, puesto=1, tipo="potencialidad")
    anotar(rosa, otra, puesto=1)
    anotar(rosa, cota, puesto=1, evento=taller(muni, cota))
    assert Hallazgo.objects.filter(puesto=1).count() == 5


def test_the_database_itself_refuses_a_rank_twice(rosa, muni, cota):
    for evento in (None, taller(muni, cota)):
        primero = anotar(rosa, cota, puesto=1, evento=evento)
        with pytest.raises(IntegrityError), transaction.atomic():
            Hallazgo.objects.create(
                municipio=muni, unidad=cota, evento=evento, tipo="problema", grupo="mujeres", texto="Otra", puesto=1
            )
        primero.delete()


def test_the_next_free_rank_is_given_to_who_does_not_say_one(rosa, cota):
    assert [anotar(rosa, cota, f"Cosa {n}", puesto="siguiente").puesto for n in range(2)] == [1, 2]
    anotar(rosa, cota, "Cuarta", puesto=4)
    assert anotar(rosa, cota, "Tercera", puesto="siguiente").puesto == 3
    assert anotar(rosa, cota, "Sin orden").puesto is None


@given(st.sets(st.integers(1, 30), max_size=12))
def test_ranks_have_gaps_exactly_where_they_skip_a_number(puestos):
    hallazgos = [Hallazgo(tipo="problema", grupo="mujeres", texto="x", puesto=p) for p in puestos]
    completos = puestos == set(range(1, len(puestos) + 1))
    assert (diagnostico.huecos(hallazgos) == []) == completos
    libre = diagnostico.primer_puesto_libre(puestos)
    assert libre not in puestos and set(range(1, libre)) <= puestos


# --- writing ----------------------------------------------------------------------------------------------------------
def test_a_sending_that_comes_twice_enters_once(rosa, cota):
    envio = uuid.uuid4()
    assert anotar(rosa, cota, envio=envio) == anotar(rosa, cota, envio=envio)
    assert Hallazgo.objects.count() == 1


@pytest.mark.parametrize("rol", [Rol.LECTOR, Rol.COMITE, Rol.TECNICO_SIG])
def test_only_who_facilitates_or_plans_writes_it(muni, cota, rol):
    with pytest.raises(PermissionDenied):
        anotar(miembro(muni, rol, "ana"), cota)


def test_a_role_of_a_district_writes_only_of_its_communities(muni, oeste, este, cota):
    del_este = miembro(muni, Rol.FACILITADOR, "eva", unidades=[este])
    with pytest.raises(PermissionDenied):
        anotar(del_este, cota)
    assert anotar(miembro(muni, Rol.FACILITADOR, "olga", unidades=[oeste]), cota).pk


def test_a_finding_is_of_the_meeting_of_its_community_or_of_the_one_above(rosa, muni, oeste, este, cota):
    assert anotar(rosa, cota, evento=taller(muni, oeste)).pk
    with pytest.raises(ValidationError, match="otra comunidad"):
        anotar(rosa, cota, evento=taller(muni, este))


def test_correcting_says_what_was_read(rosa, cota):
    uno = anotar(rosa, cota)
    hecho = diagnostico.corregir_hallazgo(por=rosa, hallazgo_id=uno.pk, version=1, cambios={"texto": " Falta riego "})
    assert (hecho.texto, hecho.version) == ("Falta riego", 2)
    with pytest.raises(VersionVieja):
        diagnostico.corregir_hallazgo(por=rosa, hallazgo_id=uno.pk, version=1, cambios={"texto": "Otra cosa"})
    with pytest.raises(FaltaVersion):
        diagnostico.borrar_hallazgo(por=rosa, hallazgo_id=uno.pk, version=None)
    assert Hallazgo.objects.get().texto == "Falta riego"


# --- demands ----------------------------------------------------------------------------------------------------------
def test_a_demand_made_of_a_finding_keeps_where_it_comes_from(rosa, muni, cota):
    uno = anotar(rosa, cota, sector=hechos.sector("11"), evento=taller(muni, cota))
    envio = uuid.uuid4()
    como = {"titulo": "Agua potable", "sector": uno.sector, "grupo": "mujeres", "envio": envio}
    demanda = diagnostico.hacer_demanda(por=rosa, hallazgo=uno, **como)
    assert diagnostico.hacer_demanda(por=rosa, hallazgo=uno, **como) == demanda
    assert list(demanda.hallazgos.all()) == [uno]
    assert (demanda.proponente, demanda.sector, demanda.fecha) == (cota, uno.sector, date(2024, 5, 1))
    assert demanda.localizaciones.filter(unidad=cota).exists()
    assert PasoDeDemanda.objects.filter(demanda=demanda).count() == 1
    with pytest.raises(diagnostico.YaDioDemandas, match=demanda.codigo):
        diagnostico.borrar_hallazgo(por=rosa, hallazgo_id=uno.pk, version=uno.version)
    diagnostico.desenlazar(por=rosa, hallazgo_id=uno.pk, demanda=demanda)
    diagnostico.borrar_hallazgo(por=rosa, hallazgo_id=uno.pk, version=uno.version)
    assert not Hallazgo.objects.exists()


def test_a_demand_of_another_municipality_is_not_linked(rosa, cota):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    with pytest.raises(ValidationError, match="otro municipio"):
        diagnostico.enlazar(por=rosa, hallazgo_id=anotar(rosa, cota).pk, demanda=hechos.demanda(vecino, "v"))


def test_what_is_published_is_all_that_was_on_the_page_as_it_was(muni, rosa, cota):
    uno, otro = anotar(rosa, cota), anotar(rosa, cota, "Falta luz")
    ana = miembro(muni, Rol.PLANIFICADOR, "ana")
    with pytest.raises(PermissionDenied):
        diagnostico.publicar_hallazgos(por=rosa, unidad=cota, versiones={uno.pk: 1})
    diagnostico.corregir_hallazgo(por=rosa, hallazgo_id=otro.pk, version=1, cambios={"texto": "Falta gas"})
    with pytest.raises(VersionVieja):
        diagnostico.publicar_hallazgos(por=ana, unidad=cota, versiones={uno.pk: 1, otro.pk: 1})
    assert not Hallazgo.objects.filter(publicado=True).exists()
    assert diagnostico.publicar_hallazgos(por=ana, unidad=cota, versiones={uno.pk: 1, otro.pk: 2}) == 2


# --- where findings lie -----------------------------------------------------------------------------------------------
def test_findings_count_where_their_community_lies_and_all_are_accounted_for(rosa, muni, oeste, este):
    a_medias = mundo.unidad("comunidad", "m", mundo.cuadro(1, 0, 2, 1), municipio=muni, padre=oeste, personas=10)
    anotar(rosa, a_medias)
    anotar(rosa, a_medias, "Hay agua", tipo="potencialidad")
    anotar(rosa, muni, "De todos")
    todos = Hallazgo.objects.all()
    contados = todos.contados(oeste.nivel)
    assert contados[oeste.pk]["problema"] == pytest.approx(contados[este.pk]["problema"])
    linea = todos.conservacion(oeste.nivel, muni)
    assert linea.total == 3 and linea.ubicadas + linea.fuera + linea.sin_ubicar == pytest.approx(3)
    assert linea.ubicadas == pytest.approx(sum(n for d in contados.values() for n in d.values()))


# --- import -----------------------------------------------------------------------------------------------------------
_CAMPOS = ("unidad", "tipo", "grupo", "sector", "texto", "puesto", "demandas")
FILAS = [
    dict(zip(_CAMPOS, ("c", "problema", "mujeres", "11", "Falta agua", 1, "a"), strict=True)),
    dict(zip(_CAMPOS, ("Ñuñu Mayu", "Potencialidades", "", "", "Hay vertiente", "", ""), strict=True)),
]


def test_a_file_enters_once_and_what_changed_in_it_is_written(muni, cota, tmp_path):
    demanda = hechos.demanda(muni, "a", proponente=cota)
    archivo, de_aqui = tabla_csv(tmp_path / "h.csv", FILAS), ["--municipio", "990101"]
    assert correr("importar_hallazgos", archivo, *de_aqui, "--simular").salida == 0
    assert not Hallazgo.objects.exists()
    primera = correr("importar_hallazgos", archivo, *de_aqui)
    assert primera.cuentas["nuevas"] == 2
    assert list(demanda.hallazgos.values_list("texto", "puesto", "sector__codigo")) == [("Falta agua", 1, "11")]
    antes = contenido()
    assert correr("importar_hallazgos", archivo, *de_aqui).cuentas["iguales"] == 2
    assert contenido() == antes
    otras = [FILAS[0] | {"puesto": 2}, FILAS[0] | {"texto": "Falta luz", "puesto": 1}]
    cambio = correr("importar_hallazgos", tabla_csv(tmp_path / "otra.csv", otras), *de_aqui)
    assert (cambio.cuentas["nuevas"], cambio.cuentas["cambiadas"]) == (1, 1)
    assert dict(Hallazgo.objects.exclude(puesto=None).values_list("texto", "puesto")) == {
        "Falta agua": 2,
        "Falta luz": 1,
    }


def test_two_that_change_places_do_not_stand_in_each_others_way(cota, tmp_path):
    filas = [FILAS[0] | {"texto": texto, "puesto": n, "demandas": ""} for n, texto in enumerate("AB", 1)]
    correr("importar_hallazgos", tabla_csv(tmp_path / "h.csv", filas), "--municipio", "990101")
    al_reves = [fila | {"puesto": 3 - fila["puesto"]} for fila in filas]
    assert correr("importar_hallazgos", tabla_csv(tmp_path / "r.csv", al_reves), "--municipio", "990101").salida == 0
    assert dict(Hallazgo.objects.values_list("texto", "puesto")) == {"A": 2, "B": 1}


@pytest.mark.parametrize(
    ("mal", "codigo"),
    [
        ({"puesto": 1, "texto": "Otra"}, "puesto_repetido"),
        ({"tipo": "queja"}, "valor_invalido"),
        ({"texto": ""}, "valor_invalido"),
        ({"sector": "agua potabel"}, "valor_invalido"),
        ({"demandas": "no-hay"}, "valor_invalido"),
        ({"puesto": "primero"}, "valor_invalido"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_nothing_is_written(muni, cota, tmp_path, mal, codigo):
    hechos.demanda(muni, "a", proponente=cota)
    archivo = tabla_csv(tmp_path / "h.csv", [FILAS[0], FILAS[0] | {"puesto": "", "texto": "Otra"} | mal])
    corrida = correr("importar_hallazgos", archivo, "--municipio", "990101")
    assert corrida.salida == 1 and codigo in corrida.codigos
    assert {p["fila"] for p in corrida.informe["problemas"] if p["gravedad"] == "error"} == {3}
    assert not Hallazgo.objects.exists()


def test_rows_of_nobody_are_left_out_and_skipped_ranks_are_warned_of(cota, tmp_path):
    filas = [
        ["unidad", "tipo", "grupo", "texto", "puesto"],
        ["c", "problema", "mujeres", "Falta luz", 3],
        ["", "problema", "mujeres", "De nadie", None],
        ["Perdida", "problema", "mujeres", "De nadie", None],
        ["c", "problema", "mujeres", "Falta luz", None],
    ]
    corrida = correr("importar_hallazgos", xlsx(tmp_path / "h.xlsx", filas), "--municipio", "990101")
    assert corrida.salida == 0, corrida.texto
    assert corrida.avisos >= {"sin_unidad", "unidad_desconocida", "puesto_saltado"}
    assert corrida.cuentas["sin_cargar"] == 3


# --- the institution --------------------------------------------------------------------------------------------------
def test_a_fact_is_of_one_concept_and_year_and_says_something(muni):
    ana = miembro(muni, Rol.PLANIFICADOR, "ana")
    datos = {
        "apartado": "personal",
        "concepto": " Personal  de planta ",
        "anio": 2025,
        "cantidad": 41,
        "medida": "personas",
    }
    uno = institucional.registrar_dato(por=ana, municipio=muni, datos=datos)
    assert uno.concepto == "Personal de planta"
    with pytest.raises(ValidationError, match="ya está anotado"):
        institucional.registrar_dato(por=ana, municipio=muni, datos=datos)
    with pytest.raises(ValidationError, match="cantidad"):
        institucional.registrar_dato(por=ana, municipio=muni, datos=datos | {"anio": 2024, "cantidad": None})
    with pytest.raises(PermissionDenied):
        institucional.corregir_dato(
            por=miembro(muni, Rol.FACILITADOR), dato_id=uno.pk, version=1, datos={"cantidad": 1}
        )
    institucional.corregir_dato(por=ana, dato_id=uno.pk, version=1, datos={"cantidad": 42})
    with pytest.raises(VersionVieja):
        institucional.borrar_dato(por=ana, dato_id=uno.pk, version=1)
    institucional.borrar_dato(por=ana, dato_id=uno.pk, version=2)
    assert not DatoInstitucional.objects.exists()


def test_every_kind_and_group_can_be_told(rosa, cota):
    for tipo in TipoDeHallazgo:
        for grupo in Grupo:
            anotar(rosa, cota, f"{tipo} de {grupo}", tipo=tipo, grupo=grupo, puesto="siguiente")
    assert Hallazgo.objects.filter(puesto=1).count() == len(TipoDeHallazgo) * len(Grupo)
    assert not DemandaHallazgo.objects.exists()
