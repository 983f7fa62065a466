"""Plans and programmes go from state to state by formal acts: who may, in which order, on what was read."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from cuentas.permisos import FaltaSegundoFactor
from cuentas.versiones import FaltaVersion, VersionVieja
from proyectos.models import PDM, POA, ActoFormal
from proyectos.models.acto import PASOS
from proyectos.permisos import ACCION_DEL_PASO
from proyectos.services.tramite import EstadoNoPermite, QuienProponeNoAprueba, dar_paso
from territorio.models import Rol
from tests import hechos, mundo
from tests.quienes import miembro, verificada

pytestmark = pytest.mark.django_db

NORMA = {"norma": "resolucion", "norma_numero": "045/2026", "fecha": date(2026, 1, 2)}
TODOS = [(documento, uno.clave) for documento, pasos in PASOS.items() for uno in pasos]
# The steps that lead from a new document to where each step begins.
ANTES = {
    "presentar": (),
    "aprobar": ("presentar",),
    "devolver": ("presentar",),
    "publicar": ("presentar", "aprobar"),
    "iniciar": ("presentar", "aprobar"),
    "cerrar": ("presentar", "aprobar", "iniciar"),
}


@pytest.fixture
def gente(muni):
    return {rol: verificada(miembro(muni, rol, f"una_{rol}")) for rol in Rol}


@pytest.fixture
def nuevo(muni):
    """Makes a new document of a kind."""
    hacer = {
        "pdm": lambda: PDM.objects.create(municipio=muni, nombre="PDM 2026-2030", desde=2026, hasta=2030),
        "poa": lambda: POA.objects.create(municipio=muni, gestion=2026),
    }
    return lambda documento: hacer[documento]()


def dar(documento, clave, por, **datos) -> ActoFormal:
    """Take a step on what is read just now; an approval with its norm, a return with its reason."""
    documento.refresh_from_db()
    pide = {"aprobar": NORMA, "devolver": {"nota": "Falta el agua."}, "presentar": {"fecha": date(2026, 1, 1)}}
    datos = {**pide.get(clave, {}), **datos}
    return dar_paso(por=por, documento=documento, clave=clave, version=documento.version, **datos)


def hasta(documento, clave, gente):
    for anterior in ANTES[clave]:
        dar(documento, anterior, gente[Rol.CONCEJO if anterior == "aprobar" else Rol.PLANIFICADOR])
    return documento


# --- the way ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("documento", "clave"), TODOS)
def test_each_step_is_taken_by_its_roles_and_by_no_other(documento, clave, nuevo, gente):
    uno = hasta(nuevo(documento), clave, gente)
    estado = uno.estado
    for rol in Rol:
        if rol not in ACCION_DEL_PASO[clave].roles:
            with pytest.raises(PermissionDenied):
                dar(uno, clave, gente[rol])
    uno.refresh_from_db()
    assert uno.estado == estado
    rol = Rol.CONCEJO if clave in {"aprobar", "devolver"} else Rol.PLANIFICADOR
    acto = dar(uno, clave, gente[rol])
    el_paso = next(p for p in PASOS[documento] if p.clave == clave)
    assert (acto.desde, acto.hacia, acto.por, acto.clave) == (el_paso.desde, el_paso.hacia, gente[rol], clave)
    assert type(uno).objects.get(pk=uno.pk).estado == el_paso.hacia


@pytest.mark.parametrize(("documento", "clave"), TODOS)
def test_a_step_from_another_state_is_refused(documento, clave, nuevo, gente):
    """All states but the one from which the step is taken."""
    desde = next(p.desde for p in PASOS[documento] if p.clave == clave)
    uno = nuevo(documento)
    rol = Rol.CONCEJO if clave == "aprobar" else Rol.PLANIFICADOR
    probados = 0
    for siguiente in (None, "presentar", "aprobar", "publicar" if documento == "pdm" else "iniciar", "cerrar"):
        if siguiente == "cerrar" and documento == "pdm":
            break
        if siguiente:
            dar(uno, siguiente, gente[Rol.CONCEJO if siguiente == "aprobar" else Rol.PLANIFICADOR])
        uno.refresh_from_db()
        if uno.estado != desde:
            with pytest.raises(EstadoNoPermite):
                dar(uno, clave, gente[rol])
            probados += 1
    assert probados == len(type(uno)._meta.get_field("estado").choices) - 1


def test_what_was_sent_back_goes_another_round_and_the_ledger_keeps_both(nuevo, gente):
    plan = nuevo("pdm")
    quien = gente[Rol.PLANIFICADOR]
    dar(plan, "presentar", quien)
    dar(plan, "devolver", gente[Rol.CONCEJO], nota="Falta el agua.")
    dar(plan, "presentar", quien, fecha=None)
    dar(plan, "aprobar", gente[Rol.CONCEJO], fecha=timezone.localdate())
    filas = ActoFormal.objects.de(plan).values_list("numero", "ronda", "version", "hacia")
    assert list(filas) == [
        (1, 1, 1, "borrador"), (2, 1, 1, "concertado"), (3, 1, 2, "borrador"), (4, 2, 3, "concertado"),
        (5, 2, 4, "aprobado"),
    ]  # fmt: skip
    ultimo = ActoFormal.objects.de(plan).last()
    assert (ultimo.proponente, ultimo.norma, ultimo.norma_numero) == (quien, "resolucion", "045/2026")


# --- who proposes does not approve ------------------------------------------------------------------------------------


@pytest.mark.parametrize("documento", PASOS)
def test_who_presented_cannot_approve_even_with_both_roles(documento, nuevo, muni):
    ambas = verificada(miembro(muni, Rol.PLANIFICADOR, "ambas"))
    miembro(muni, Rol.CONCEJO, "ambas")
    uno = nuevo(documento)
    dar(uno, "presentar", ambas)
    with pytest.raises(QuienProponeNoAprueba, match="quien propone no aprueba"):
        dar(uno, "aprobar", ambas)
    otra = verificada(miembro(muni, Rol.CONCEJO, "otra"))
    assert dar(uno, "aprobar", otra).proponente == ambas


def test_a_superuser_who_presented_cannot_approve_either(nuevo, django_user_model):
    jefa = verificada(django_user_model.objects.create_superuser("jefa"))
    plan = nuevo("pdm")
    dar(plan, "presentar", jefa)
    with pytest.raises(QuienProponeNoAprueba):
        dar(plan, "aprobar", jefa)


def test_who_presented_in_an_earlier_round_may_approve_what_another_presented(nuevo, muni, gente):
    ambas = verificada(miembro(muni, Rol.PLANIFICADOR, "ambas"))
    miembro(muni, Rol.CONCEJO, "ambas")
    plan = nuevo("pdm")
    dar(plan, "presentar", ambas)
    dar(plan, "devolver", ambas)
    dar(plan, "presentar", gente[Rol.PLANIFICADOR], fecha=None)
    assert dar(plan, "aprobar", ambas, fecha=timezone.localdate()).por == ambas


def test_what_was_loaded_as_presented_by_nobody_is_not_approved(muni, gente):
    programa = POA.objects.create(municipio=muni, gestion=2026, estado="presentado")
    with pytest.raises(EstadoNoPermite, match="No consta quién"):
        dar(programa, "aprobar", gente[Rol.CONCEJO])
    dar(programa, "devolver", gente[Rol.CONCEJO])
    dar(programa, "presentar", gente[Rol.PLANIFICADOR], fecha=None)
    dar(programa, "aprobar", gente[Rol.CONCEJO], fecha=timezone.localdate())


def test_an_approval_asks_for_the_second_factor(nuevo, muni, gente):
    plan = nuevo("pdm")
    dar(plan, "presentar", gente[Rol.PLANIFICADOR])
    with pytest.raises(FaltaSegundoFactor):
        dar(plan, "aprobar", miembro(muni, Rol.CONCEJO, "sin_codigo"))


def test_a_planner_of_some_districts_presents_nothing_of_the_whole(nuevo, muni, oeste):
    limitada = miembro(muni, Rol.PLANIFICADOR, "limitada", unidades=[oeste])
    with pytest.raises(PermissionDenied):
        dar(nuevo("poa"), "presentar", limitada)


def test_a_role_elsewhere_counts_for_nothing(nuevo):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2), nombre="Vecino")
    with pytest.raises(PermissionDenied):
        dar(nuevo("pdm"), "presentar", miembro(vecino, Rol.PLANIFICADOR, "ajena"))


# --- versions ---------------------------------------------------------------------------------------------------------


def test_a_step_says_which_version_was_read(nuevo, gente):
    plan = nuevo("pdm")
    for nada in (None, ""):
        with pytest.raises(FaltaVersion):
            dar_paso(por=gente[Rol.PLANIFICADOR], documento=plan, clave="presentar", version=nada)
    for vieja in (0, plan.version + 1, "1 "):
        with pytest.raises(VersionVieja) as error:
            dar_paso(por=gente[Rol.PLANIFICADOR], documento=plan, clave="presentar", version=vieja)
        assert error.value.actual == plan.version
    assert ActoFormal.objects.de(plan).count() == 1


def test_a_programme_whose_money_changed_after_it_was_read_is_not_approved(muni, gente):
    obra = hechos.proyecto(muni, "p")
    operacion = hechos.operacion(obra, 2026, estado="borrador", presupuesto_inicial=10, presupuesto_vigente=10)
    programa = operacion.poa
    dar(programa, "presentar", gente[Rol.PLANIFICADOR])
    programa.refresh_from_db()
    leida = programa.version
    operacion.presupuesto_vigente = 5_000_000
    operacion.save()
    with pytest.raises(VersionVieja):
        dar_paso(por=gente[Rol.CONCEJO], documento=programa, clave="aprobar", version=leida, **NORMA)


def test_progress_of_works_is_not_another_programme(muni):
    operacion = hechos.operacion(hechos.proyecto(muni, "p"), presupuesto_vigente=100)
    antes = POA.objects.get().version
    operacion.devengado, operacion.fisico_alcanzado = 50, 40
    operacion.save()
    assert POA.objects.get().version == antes
    operacion.delete()
    assert POA.objects.get().version == antes + 1


def test_a_plan_takes_another_version_when_a_project_comes_goes_or_costs_otherwise(muni, nuevo):
    plan, otro = nuevo("pdm"), PDM.objects.create(municipio=muni, nombre="Otro", desde=2031, hasta=2035)

    def versiones():
        return tuple(PDM.objects.order_by("desde").values_list("version", flat=True))

    assert versiones() == (1, 1)
    obra = hechos.proyecto(muni, "p", pdm=plan)
    assert versiones() == (2, 1)
    obra.costo_total = 100
    obra.save()
    assert versiones() == (3, 1)
    obra.estado = "en_ejecucion"
    obra.save()
    assert versiones() == (3, 1)
    obra.pdm = otro
    obra.save()
    assert versiones() == (4, 2)


def test_a_version_rises_whatever_writes_and_never_goes_back(muni):
    pedida = hechos.demanda(muni, "a", mundo.punto(1, 1))
    de_antes = type(pedida).objects.get(pk=pedida.pk)
    assert pedida.version == 1  # being placed is no change
    type(pedida).objects.filter(pk=pedida.pk).update(titulo="Otro")
    pedida.refresh_from_db()
    assert pedida.version == 2
    de_antes.save()  # an old copy brings its old number along
    pedida.refresh_from_db()
    assert (pedida.version, pedida.titulo) == (3, "Demanda a")
    type(pedida).objects.filter(pk=pedida.pk).update(version=77)
    pedida.refresh_from_db()
    assert pedida.version == 4


# --- what an act says -------------------------------------------------------------------------------------------------


def errores(documento, clave, por, **datos) -> set[str]:
    with pytest.raises(ValidationError) as error:
        dar(documento, clave, por, **datos)
    assert all(mensaje for mensajes in error.value.message_dict.values() for mensaje in mensajes)
    return set(error.value.message_dict)


@pytest.mark.parametrize(
    ("datos", "campos"),
    [
        ({"norma": "", "norma_numero": "", "fecha": None}, {"norma", "norma_numero", "fecha"}),
        ({"norma": "bando"}, {"norma"}),
        ({"norma_numero": "   "}, {"norma_numero"}),
        ({"norma_numero": "9" * 10_000}, {"norma_numero"}),
        ({"norma_numero": "1\x00"}, {"norma_numero"}),
        ({"nota": "x" * 10_000}, {"nota"}),
        ({"nota": "a\x00b"}, {"nota"}),
        ({"fecha": date(1, 1, 1)}, {"fecha"}),
        ({"fecha": date(1989, 12, 31)}, {"fecha"}),
        ({"fecha": date(2025, 12, 31)}, {"fecha"}),  # before it was presented
        ({"fecha": date.max}, {"fecha"}),
    ],
    ids=lambda valor: str(sorted(valor) if isinstance(valor, set) else valor)[:40],
)
def test_an_approval_that_cannot_be_is_refused_field_by_field(nuevo, gente, datos, campos):
    plan = hasta(nuevo("pdm"), "aprobar", gente)
    assert errores(plan, "aprobar", gente[Rol.CONCEJO], **datos) == campos
    assert ActoFormal.objects.de(plan).count() == 2


def test_a_norm_of_tomorrow_is_refused(nuevo, gente):
    plan = hasta(nuevo("pdm"), "aprobar", gente)
    manana = timezone.localdate() + timedelta(days=1)
    assert errores(plan, "aprobar", gente[Rol.CONCEJO], fecha=manana) == {"fecha"}


def test_who_sends_back_says_why_and_only_an_approval_has_a_norm(nuevo, gente):
    plan = nuevo("pdm")
    assert errores(plan, "presentar", gente[Rol.PLANIFICADOR], norma="ley", norma_numero="1") == {"norma"}
    dar(plan, "presentar", gente[Rol.PLANIFICADOR])
    assert errores(plan, "devolver", gente[Rol.CONCEJO], nota=" \n ") == {"nota"}


def test_letters_of_any_script_stay_as_they_were_written(nuevo, gente):
    plan = hasta(nuevo("pdm"), "aprobar", gente)
    raro = "045/2026 ‏ñ 🏔️"
    assert dar(plan, "aprobar", gente[Rol.CONCEJO], norma_numero=raro).norma_numero == raro
