"""Demands that are the same: found, joined without counting twice, told on their pages, and separated again."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from cuentas.versiones import VersionVieja
from demandas import parecidas
from demandas.models import Demanda, DemandaHallazgo, EstadoDemanda, Hallazgo, NoSonLaMisma
from demandas.services import union
from proyectos.models import Respuesta
from territorio.models import Rol, UnidadTerritorial
from tests import hechos, mundo
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(muni):
    return miembro(muni, Rol.PLANIFICADOR, "ana")


@pytest.fixture
def dos(muni, oeste):
    """Two of one sector, 100 m apart; the second with a place, people, a finding and a project of its own."""
    comun = {"sector": hechos.sector("11"), "proponente": oeste}
    una = hechos.demanda(muni, "A", titulo="Sistema de agua potable", beneficiarias_mujeres=10, **comun)
    otra = hechos.demanda(
        muni, "B", mundo.punto(0.5, 0.5), titulo="Sistema de agua potáble nuevo", beneficiarias_mujeres=7, **comun
    )
    otra.rangos.create(grupo="mujeres", puesto=1)
    hallado = Hallazgo.objects.create(municipio=muni, unidad=oeste, tipo="problema", texto="No hay agua")
    DemandaHallazgo.objects.create(demanda=otra, hallazgo=hallado)
    hechos.proyecto(muni, "P", responde=[otra])
    return una, otra


def unir(dos, por, **otros):
    queda, se_une = dos
    opciones = {"beneficiarios": "queda", "version": queda.version, "version_se_une": se_une.version} | otros
    return union.unir(por=por, queda=queda, se_une=se_une, **opciones)


# --- which are proposed -----------------------------------------------------------------------------------------------


def pares(muni, **como) -> list[set[str]]:
    codigos = dict(Demanda.objects.values_list("pk", "codigo"))
    return [{codigos[p.una], codigos[p.otra]} for p in parecidas.pares(muni, **como)[0]]


def test_pairs_are_near_of_one_sector_and_in_similar_words_the_most_alike_first(muni, oeste, este, dos):
    comun = {"titulo": "Sistema de agua potable", "sector": hechos.sector("11")}
    hechos.demanda(muni, "otro sector", **(comun | {"sector": hechos.sector("20")}), proponente=oeste)
    hechos.demanda(muni, "lejos", mundo.punto(3, 1), **comun)
    hechos.demanda(muni, "otras palabras", **(comun | {"titulo": "Letrinas"}), proponente=oeste)
    hechos.demanda(muni, "devuelta", **comun, proponente=oeste, estado=EstadoDemanda.DEVUELTA)
    assert pares(muni) == [{"A", "B"}]
    hechos.demanda(muni, "C", titulo="SISTEMA DE ÁGUA POTABLE", sector=comun["sector"], proponente=oeste)
    assert pares(muni)[0] == {"A", "C"}
    assert {frozenset(p) for p in pares(muni)} == {frozenset(p) for p in ("AB", "AC", "BC")}


def test_the_same_pairs_are_found_as_the_role_of_the_service(client, muni, dos, ana):
    entrar(client, ana)
    assert "1 par de demandas" in client.get("/demandas/parecidas/?municipio=990101").content.decode()


def test_what_somebody_said_to_be_two_is_not_proposed_again(muni, dos, ana):
    union.son_distintas(por=ana, una=dos[1], otra=dos[0])
    union.son_distintas(por=ana, una=dos[0], otra=dos[1])
    assert (NoSonLaMisma.objects.count(), pares(muni)) == (1, [])


# --- joining ----------------------------------------------------------------------------------------------------------


def test_joining_carries_what_hangs_on_it_and_separating_brings_all_back(muni, dos, ana):
    antes = _retrato()
    queda = unir(dos, ana, beneficiarios="suma", lugar="se_une")
    se_une = Demanda.objects.get(codigo="B")
    assert (queda.beneficiarias_mujeres, queda.ubicada_por, se_une.estado, se_une.unida_a) == (
        17, "propia", "unida", queda,
    )  # fmt: skip
    assert list(queda.hallazgos.values_list("texto", flat=True)) == ["No hay agua"]
    assert list(Respuesta.objects.values_list("demanda__codigo", "proyecto__codigo")) == [("A", "P")]
    assert [(p.desde, p.hacia) for p in se_une.pasos.all()] == [("registrada", "unida")]
    assert se_une.rangos.get().puesto == 1
    union.separar(por=ana, demanda=se_une, version=se_une.version)
    assert _retrato() == antes
    assert [(p.desde, p.hacia) for p in se_une.pasos.all()] == [("registrada", "unida"), ("unida", "registrada")]


def _retrato() -> list:
    """All that joining touches, but for versions and steps, which only grow."""
    campos = ("codigo", "estado", "unida_a", "beneficiarias_mujeres", "punto", "ubicada_por")
    return [
        list(Demanda.objects.order_by("codigo").values_list(*campos)),
        list(DemandaHallazgo.objects.values_list("demanda__codigo", "hallazgo__texto")),
        list(Respuesta.objects.values_list("demanda__codigo", "proyecto__codigo")),
    ]


def test_what_was_corrected_after_joining_stays_corrected(dos, ana):
    unir(dos, ana, beneficiarios="suma")
    Demanda.objects.filter(codigo="A").update(beneficiarias_mujeres=12)
    se_une = Demanda.objects.get(codigo="B")
    union.separar(por=ana, demanda=se_une, version=se_une.version)
    assert Demanda.objects.get(codigo="A").beneficiarias_mujeres == 12


def test_who_joins_reads_both_and_says_who_benefits(muni, dos, ana):
    with pytest.raises(VersionVieja):
        unir(dos, ana, version_se_une=dos[1].version + 1)
    with pytest.raises(ValidationError):
        unir(dos, ana, beneficiarios="")
    with pytest.raises(PermissionDenied):
        unir(dos, miembro(muni, Rol.FACILITADOR, "otro"))
    assert not Demanda.objects.exclude(unida_a=None).exists()


def test_what_went_further_or_holds_others_stays(muni, dos, ana):
    una, otra = dos
    Demanda.objects.filter(pk=otra.pk).update(estado=EstadoDemanda.PROGRAMADA)
    otra.refresh_from_db()
    with pytest.raises(union.UnionImposible, match="que quede ella"):
        unir(dos, ana)
    unir((otra, una), ana)
    tercera = hechos.demanda(muni, "C", estado=EstadoDemanda.PROGRAMADA)
    otra.refresh_from_db()
    with pytest.raises(union.UnionImposible, match="tiene otras unidas"):
        unir((tercera, otra), ana)


def test_joined_ones_count_once_wherever_demands_are_counted(client, muni, oeste, dos, ana):
    def contadas() -> list:
        return [
            UnidadTerritorial.objects.filter(pk=oeste.pk)
            .con_demanda(Demanda.objects.propias())
            .values_list("demandas", flat=True)[0],
            client.get("/api/v1/demandas/?municipio=990101").getvalue().count(b"Sistema de agua"),
            client.get("/exportar/demandas.csv?municipio=990101").getvalue().count(b"Sistema de agua"),
            client.get("/demandas/?municipio=990101").content.decode().count("Sistema de agua potáble"),
        ]

    antes = contadas()
    unir(dos, ana)
    assert (antes, contadas()) == ([2.0, 2, 2, 1], [1.0, 1, 1, 0])


def test_both_pages_tell_of_the_other(client, muni, dos, ana):
    una, otra = dos
    entrar(client, ana)
    pagina = client.get(f"/demandas/{una.pk}/unir/?con={otra.pk}")
    assert pagina.status_code == 200
    datos = {"queda": "una", "lugar": "una", "version_una": una.version, "version_otra": otra.version}
    sin_decir = client.post(f"/demandas/{una.pk}/unir/?con=B", datos)
    assert sin_decir.status_code == 400
    assert "no se suman solos" in sin_decir.content.decode()
    client.post(f"/demandas/{una.pk}/unir/?con=B", datos | {"beneficiarios": "una"})
    assert "mujeres: 1" in client.get(f"/demandas/{una.pk}/").content.decode()
    unida = client.get(f"/demandas/{otra.pk}/").content.decode()
    assert f'href="/demandas/{una.pk}/"' in unida
    otra.refresh_from_db()
    client.post(f"/demandas/{otra.pk}/separar/")  # without saying which version was read
    assert Demanda.objects.get(pk=otra.pk).estado == "unida"
    client.post(f"/demandas/{otra.pk}/separar/", {"version": otra.version})
    otra.refresh_from_db()
    assert otra.estado == "registrada"


def test_two_thousand_demands_are_compared_in_a_moment(muni):
    palabras = ("agua", "luz", "camino", "puente", "escuela", "posta", "riego", "cancha")
    sectores = [hechos.sector(codigo) for codigo in ("11", "12", "18", "20")]
    Demanda.objects.bulk_create(
        Demanda(
            municipio=muni,
            codigo=f"M{n}",
            titulo=f"Mejorar {palabras[n % 8]} en la zona {n % 50}",
            sector=sectores[n % 4],
            punto=mundo.punto(n % 40 / 10, n % 21 / 10),
        )
        for n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '4s'")
    hallados, total = parecidas.pares(muni)
    assert (len(hallados), total > 300) == (300, True)
    assert [p.parecido for p in hallados] == sorted((p.parecido for p in hallados), reverse=True)
