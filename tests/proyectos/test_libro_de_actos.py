"""What the database itself holds of the ledger: no service, page or hand can write it otherwise."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from cuentas.aislamiento import entrar, salir
from proyectos.models import PDM, POA, ActoFormal
from proyectos.verificacion import actos_en_desacuerdo
from territorio.models import Rol
from territorio.verificacion import comprobaciones
from tests.quienes import miembro

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(muni):
    return PDM.objects.create(municipio=muni, nombre="PDM", desde=2026, hasta=2030)


@pytest.fixture
def ana(muni):
    return miembro(muni, Rol.PLANIFICADOR, "ana")


@pytest.fixture
def eva(muni):
    return miembro(muni, Rol.CONCEJO, "eva")


@pytest.fixture
def servicio(muni):
    """The connection as the service has it for a member of the municipality."""
    entrar(municipios=[muni.pk])
    yield
    salir()


def acto(plan, por, desde, hacia, **campos) -> ActoFormal:
    campos = {"fecha": date(2026, 1, 1), **campos}
    return ActoFormal.objects.create(municipio=plan.municipio, pdm=plan, por=por, desde=desde, hacia=hacia, **campos)


APROBACION = {"norma": "ley", "norma_numero": "1"}


def test_the_ledger_begins_with_the_document_and_moves_it(plan, ana, eva):
    assert list(plan.actos.values_list("numero", "desde", "hacia")) == [(1, "", "borrador")]
    acto(plan, ana, "borrador", "concertado")
    acto(plan, eva, "concertado", "aprobado", **APROBACION)
    plan.refresh_from_db()
    assert (plan.estado, plan.version) == ("aprobado", 3)


def rota(excepcion) -> str:
    return excepcion.value.__cause__.diag.constraint_name


def test_who_proposed_cannot_stand_as_who_approved_whoever_the_row_says_proposed(plan, ana, eva, servicio):
    acto(plan, ana, "borrador", "concertado")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        acto(plan, ana, "concertado", "aprobado", proponente=eva, **APROBACION)
    assert rota(error) == "acto_aprueba_quien_no_propuso"


def test_nobody_approves_what_nobody_proposed(muni, eva):
    suelto = PDM.objects.create(municipio=muni, nombre="x", desde=2031, hasta=2035, estado="concertado")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        acto(suelto, eva, "concertado", "aprobado", **APROBACION)
    assert rota(error) == "acto_aprueba_quien_no_propuso"


@pytest.mark.parametrize(
    ("desde", "hacia", "campos", "cual"),
    [
        ("concertado", "aprobado", APROBACION, "acto_desde_el_estado"),  # it is a draft
        ("", "publicado", {}, "acto_desde_el_estado"),  # recorded twice
        ("borrador", "publicado", {}, "acto_paso_posible"),
        ("borrador", "presentado", {}, "acto_paso_posible"),  # a step of programmes
        ("borrador", "concertado", APROBACION, "acto_de_aprobacion_con_norma"),
        ("borrador", "concertado", {"fecha": None}, "acto_con_autor_y_fecha"),
        ("borrador", "concertado", {"fecha": date(2999, 1, 1)}, "acto_fecha_posible"),
        ("borrador", "concertado", {"fecha": date(1000, 1, 1)}, "acto_fecha_posible"),
    ],
)
def test_an_act_that_cannot_be_is_no_row(plan, ana, desde, hacia, campos, cual):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        acto(plan, ana, desde, hacia, **campos)
    assert rota(error) == cual
    plan.refresh_from_db()
    assert plan.estado == "borrador"


def test_an_approval_without_norm_and_a_return_without_reason_are_no_rows(plan, ana, eva):
    acto(plan, ana, "borrador", "concertado")
    for hacia, cual in (("aprobado", "acto_de_aprobacion_con_norma"), ("borrador", "acto_devuelto_con_motivo")):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            acto(plan, eva, "concertado", hacia)
        assert rota(error) == cual


@pytest.mark.parametrize("estado", ["concertado", "aprobado", "publicado"])
def test_a_state_is_not_written_past_the_ledger(plan, estado):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        PDM.objects.filter(pk=plan.pk).update(estado=estado)
    assert rota(error) == "pdm_estado_por_su_acto"


def test_nor_is_that_of_a_programme(muni):
    programa = POA.objects.create(municipio=muni, gestion=2026)
    programa.estado = "aprobado"
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        programa.save()
    assert rota(error) == "poa_estado_por_su_acto"


def test_no_session_tells_the_triggers_to_look_away(plan, servicio):
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname::text)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", cursor.fetchone())
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        PDM.objects.filter(pk=plan.pk).update(estado="aprobado")
    assert rota(error) == "pdm_estado_por_su_acto"
    PDM.objects.filter(pk=plan.pk).update(nombre="Otro", version=0)
    plan.refresh_from_db()
    assert (plan.estado, plan.version, plan.nombre) == ("borrador", 2, "Otro")


def test_the_check_finds_a_document_that_was_moved_with_the_triggers_off(plan):
    assert actos_en_desacuerdo() == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {PDM._meta.db_table} SET estado = 'publicado' WHERE id = %s", [plan.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert actos_en_desacuerdo() == ["PDM está publicado, y su último acto lo dejó borrador"]
    assert any(nombre.startswith("estado de planes") for nombre, _revisar in comprobaciones())


@pytest.mark.parametrize("mandato", ["UPDATE {t} SET nota = 'otra'", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_the_service_can_neither_change_nor_take_away_an_act(plan, servicio, mandato):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(mandato.format(t=ActoFormal._meta.db_table))
    assert ActoFormal.objects.count() == 1


@pytest.mark.parametrize("mandato", ["UPDATE {t} SET nota = 'otra'", "DELETE FROM {t}"])
def test_nor_can_a_command_as_the_owner(plan, mandato):
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        connection.cursor().execute(mandato.format(t=ActoFormal._meta.db_table))


def test_the_service_writes_no_act_of_a_document_of_others(plan, ana, servicio):
    entrar(municipios=[])
    with pytest.raises(DatabaseError), transaction.atomic():
        acto(plan, ana, "borrador", "concertado")


def test_acts_are_seen_with_their_document(plan, ana, eva):
    def vistos() -> int:
        entrar(municipios=[])
        try:
            return ActoFormal.objects.count()
        finally:
            salir()

    assert vistos() == 0
    acto(plan, ana, "borrador", "concertado")
    acto(plan, eva, "concertado", "aprobado", **APROBACION)
    assert vistos() == 0
    acto(plan, ana, "aprobado", "publicado")
    assert vistos() == 4
