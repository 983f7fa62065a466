"""Every write leaves who made it, whatever wrote; and nobody who works as the service's role can touch what was left."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from cuentas import cadena, revision
from cuentas.aislamiento import ROL, entrar, salir
from cuentas.auditoria import en_nombre_de, modelos_auditados, que_lleva_al_municipio
from cuentas.models import Asiento, Eslabon, Usuario
from demandas.models import Demanda
from territorio.models import CodigoExterno, Membresia, Rol
from tests import hechos, mundo, quienes
from tests.cadena import contextos, correr, sellar

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db):
    return Usuario.objects.create_user("rosa")


@pytest.fixture
def como_servicio(muni):
    """As a request of somebody who sees everything meets the database: the role's grants are all that stops her."""
    entrar(municipios=[muni.pk], todo=True, contexto={"usuario": 7, "cuenta": "rosa", "desde": "10.0.0.7"})
    yield
    salir()


@pytest.fixture
def escrita(muni):
    """A demand with two changes, sealed."""
    demanda = hechos.demanda(muni, "a", titulo="Agua")
    Demanda.objects.filter(pk=demanda.pk).update(titulo="Agua potable")
    sellar()
    return demanda


# --- who --------------------------------------------------------------------------------------------------------------
ESCRITURAS = {
    "save": lambda d: d.save(),
    "update": lambda d: Demanda.objects.filter(pk=d.pk).update(titulo=d.titulo),
    "bulk_update": lambda d: Demanda.objects.bulk_update([d], ["titulo"]),
    "sql": lambda d: correr("UPDATE demandas_demanda SET titulo = %s WHERE id = %s", d.titulo, d.pk),
}


@pytest.mark.parametrize("como", ESCRITURAS)
def test_a_change_says_who_made_it_however_it_was_written(muni, como_servicio, como):
    demanda = hechos.demanda(muni, "a", ubicar=False)
    demanda.titulo = "Otro"
    ESCRITURAS[como](demanda)
    ultimo = Demanda.pgh_event_model.objects.latest("pgh_id")
    assert (ultimo.pgh_label, ultimo.titulo) == ("update", "Otro")
    assert ultimo.pgh_context == {"usuario": 7, "cuenta": "rosa", "desde": "10.0.0.7"}


def test_many_rows_at_once_and_copied_ones_say_it_too(muni, como_servicio):
    CodigoExterno.objects.bulk_create([CodigoExterno(unidad=muni, esquema="x", codigo=str(n)) for n in range(3)])
    copiar = "COPY territorio_codigoexterno (unidad_id, esquema, codigo) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copiar) as copia:
        copia.write_row((muni.pk, "copiado", "1"))
    assert [c["cuenta"] for c in contextos(CodigoExterno)] == ["rosa"] * 4
    CodigoExterno.objects.all().delete()
    assert [c["cuenta"] for c in contextos(CodigoExterno, pgh_label="delete")] == ["rosa"] * 4


def test_a_change_in_the_admin_says_who_and_from_where(client, muni, rosa):
    rosa.is_superuser = rosa.is_staff = True
    rosa.save()
    otra = Usuario.objects.create_user("otra")
    datos = {"usuario": otra.pk, "municipio": muni.pk, "rol": Rol.LECTOR}
    hecha = quienes.entrar(client, rosa).post("/admin/territorio/membresia/add/", datos, REMOTE_ADDR="10.1.1.1")
    assert hecha.status_code == 302
    [contexto] = contextos(Membresia)
    assert (contexto["cuenta"], contexto["desde"], contexto["metodo"]) == ("rosa", "10.1.1.1", "POST")


def test_a_command_says_its_name(muni):
    [contexto] = contextos(Demanda, pgh_obj_id=hechos.demanda(muni, "a").pk)
    assert "usuario" not in contexto
    assert contexto["orden"]


def test_within_a_name_of_another_changes_are_hers_and_after_it_whose_they_were(muni, rosa, como_servicio):
    with en_nombre_de(rosa, trabajo=4):
        hechos.demanda(muni, "a", ubicar=False)
    hechos.demanda(muni, "b", ubicar=False)
    suya, despues = contextos(Demanda)
    assert (suya["usuario"], suya["cuenta"], suya["trabajo"]) == (rosa.pk, "rosa", 4)
    assert despues == {"usuario": 7, "cuenta": "rosa", "desde": "10.0.0.7"}


def test_each_time_is_told_apart_from_the_next(muni, rosa):
    for codigo in "ab":
        with en_nombre_de(rosa):
            hechos.demanda(muni, codigo, ubicar=False)
    una, otra = contextos(Demanda)
    assert una["vez"] != otra["vez"]


def test_what_is_rolled_back_leaves_nothing(muni):
    sellar()
    eslabones, asientos = Eslabon.objects.count(), Asiento.objects.count()
    with pytest.raises(ValueError, match="a propósito"), transaction.atomic():
        hechos.demanda(muni, "a")
        raise ValueError("a propósito")
    sellar()
    assert (Eslabon.objects.count(), Asiento.objects.count()) == (eslabones, asientos)
    assert not Demanda.pgh_event_model.objects.exists()


def test_every_model_that_is_told_has_a_municipality_or_is_of_the_whole_service():
    sin_municipio = {m.pgh_tracked_model.__name__ for m in modelos_auditados() if que_lleva_al_municipio(m) is None}
    assert sin_municipio == {"Usuario", "Nivel", "Sector", "Censo"}


# --- the role ---------------------------------------------------------------------------------------------------------
REGISTRO = [*(m._meta.db_table for m in modelos_auditados()), "cuentas_asiento", "cuentas_eslabon", "cuentas_porsellar"]


def _rechazado(sql: str) -> None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        correr(sql)
    assert error.value.__cause__.sqlstate == "42501", error.value  # insufficient privilege, nothing else


@pytest.mark.parametrize("tabla", REGISTRO)
def test_the_service_cannot_write_the_record_nor_change_its_tables(como_servicio, tabla):
    [(columna,)] = correr("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", tabla)
    _rechazado(f"INSERT INTO {tabla} DEFAULT VALUES")
    _rechazado(f"UPDATE {tabla} SET {columna} = {columna}")
    _rechazado(f"DELETE FROM {tabla}")
    _rechazado(f"TRUNCATE {tabla}")
    _rechazado(f"ALTER TABLE {tabla} DISABLE TRIGGER ALL")
    _rechazado(f"DROP TABLE {tabla} CASCADE")


def test_the_service_cannot_turn_off_what_writes_the_record(muni, como_servicio):
    [(disparador,)] = correr(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'demandas_demanda'::regclass AND tgname ~ '^pgtrigger_update_update'"
    )
    _rechazado(f"ALTER TABLE demandas_demanda DISABLE TRIGGER {disparador}")
    _rechazado(f"DROP TRIGGER {disparador} ON demandas_demanda")
    _rechazado(f"DROP FUNCTION {disparador}() CASCADE")
    _rechazado("SET session_replication_role = replica")
    hechos.demanda(muni, "a", ubicar=False)
    correr("SELECT set_config('pgtrigger.ignore', %s, true)", f"{{{disparador}}}")
    Demanda.objects.update(titulo="A escondidas")
    assert Demanda.pgh_event_model.objects.filter(pgh_label="update", titulo="A escondidas").exists()


def test_the_owner_cannot_change_the_record_by_mistake(escrita):
    for tabla in ("demandas_demandaevent", "cuentas_asiento", "cuentas_eslabon"):
        _rechazado(f"DELETE FROM {tabla}")


def test_the_service_owns_nothing():
    assert correr(
        "SELECT count(*) FROM pg_class WHERE relowner = %s::regrole UNION ALL"
        " SELECT count(*) FROM pg_proc WHERE proowner = %s::regrole",
        ROL,
        ROL,
    ) == [(0,), (0,)]


# --- the chain --------------------------------------------------------------------------------------------------------
def _a_mano(tabla: str, sql: str) -> None:
    """What somebody with the owner's rights could do: with the triggers off."""
    correr("SET CONSTRAINTS ALL IMMEDIATE")
    correr(f"ALTER TABLE {tabla} DISABLE TRIGGER USER; {sql}; ALTER TABLE {tabla} ENABLE TRIGGER USER")
    correr("SET CONSTRAINTS ALL DEFERRED")


def test_what_nobody_touched_has_no_differences(escrita):
    assert cadena.diferencias() == []
    assert cadena.sin_registrar() == []
    assert Eslabon.objects.count() == Asiento.objects.count() > 0


_EVENTO = "(SELECT max(pgh_id) FROM demandas_demandaevent)"
_ULTIMO = "(SELECT max(numero) FROM cuentas_eslabon)"
ENGANIOS = {
    "evento cambiado": (
        "demandas_demandaevent",
        "UPDATE demandas_demandaevent SET titulo = 'x' WHERE pgh_id = " + _EVENTO,
    ),
    "autor cambiado": (
        "demandas_demandaevent",
        "UPDATE demandas_demandaevent SET pgh_context = '{}' WHERE pgh_id = " + _EVENTO,
    ),
    "evento borrado": ("demandas_demandaevent", "DELETE FROM demandas_demandaevent WHERE pgh_id = " + _EVENTO),
    "evento metido": (
        "demandas_demandaevent",
        "INSERT INTO demandas_demandaevent SELECT (jsonb_populate_record(e, '{\"pgh_id\": 999999}')).*"
        " FROM demandas_demandaevent e WHERE pgh_id = " + _EVENTO,
    ),
    "asiento cambiado": ("cuentas_asiento", "UPDATE cuentas_asiento SET huella = sha256('x') WHERE id = 1"),
    "asiento redirigido": ("cuentas_asiento", "UPDATE cuentas_asiento SET tabla = 'otra' WHERE id = 1"),
    "eslabón quitado en medio": (
        "cuentas_eslabon",
        f"DELETE FROM cuentas_eslabon WHERE numero = {_ULTIMO} - 1",
    ),
    "eslabón quitado al final": ("cuentas_eslabon", f"DELETE FROM cuentas_eslabon WHERE numero = {_ULTIMO}"),
    "sello cambiado": (
        "cuentas_eslabon",
        f"UPDATE cuentas_eslabon SET sello = sha256('x') WHERE numero = {_ULTIMO}",
    ),
    "hora cambiada": (
        "cuentas_eslabon",
        f"UPDATE cuentas_eslabon SET sellado = now() - interval '1 day' WHERE numero = {_ULTIMO}",
    ),
}


@pytest.mark.parametrize("que", ENGANIOS)
def test_what_was_touched_behind_the_triggers_shows(escrita, que):
    tabla, sql = ENGANIOS[que]
    if tabla == "cuentas_asiento":
        sql = sql.replace("id = 1", f"id = {Asiento.objects.latest('id').pk}")
    _a_mano(tabla, sql)
    assert cadena.diferencias()


def test_cutting_off_the_end_with_all_that_hangs_on_it_shows_by_a_noted_seal(muni, escrita):
    hasta = Demanda.pgh_event_model.objects.latest("pgh_id").pk
    numero, asiento = cadena.cabeza().numero, Asiento.objects.latest("id").pk
    hechos.demanda(muni, "b", ubicar=False)
    anotado = sellar()
    _a_mano("cuentas_eslabon", f"DELETE FROM cuentas_eslabon WHERE numero > {numero}")
    _a_mano("cuentas_asiento", f"DELETE FROM cuentas_asiento WHERE id > {asiento}")
    _a_mano("demandas_demandaevent", f"DELETE FROM demandas_demandaevent WHERE pgh_id > {hasta}")
    assert cadena.diferencias() == []  # all that is left holds together
    assert "se cortó" in cadena.comprobar_sello(anotado)
    assert cadena.sin_registrar() != []  # the demand is there and nothing says whence


def test_a_chain_written_anew_shows_by_a_noted_seal(escrita):
    anotado = cadena.cabeza()
    pk = Asiento.objects.latest("id").pk
    _a_mano("demandas_demandaevent", f"UPDATE demandas_demandaevent SET titulo = 'x' WHERE pgh_id = {_EVENTO}")
    _a_mano(
        "cuentas_asiento",
        f"UPDATE cuentas_asiento SET huella = minka_huella(tabla, eventos, columnas) WHERE id = {pk}",
    )
    _a_mano(
        "cuentas_eslabon",
        "UPDATE cuentas_eslabon e SET sello = minka_sello(e.numero, e.anterior, e.sellado, a) FROM cuentas_asiento a"
        f" WHERE a.id = e.asiento_id AND e.asiento_id = {pk}",
    )
    assert cadena.diferencias() == []
    assert "se reescribió" in cadena.comprobar_sello(anotado)


def test_a_seal_is_read_as_it_was_noted(escrita):
    anotado = cadena.cabeza()
    assert cadena.comprobar_sello(cadena.Sello.de_texto(f"  {str(anotado).upper()} ")) == ""
    for malo in ("", "3", "x:ab", f"3:{'a' * 63}", f"-1:{'a' * 64}"):
        with pytest.raises(ValueError, match="NÚMERO:HUELLA"):
            cadena.Sello.de_texto(malo)


def test_a_row_written_or_deleted_without_a_trace_shows(escrita):
    _a_mano("demandas_demanda", f"UPDATE demandas_demanda SET titulo = 'x' WHERE id = {escrita.pk}")
    assert cadena.diferencias() == []
    assert [f"demanda {escrita.pk}" in dicho for dicho in cadena.sin_registrar()] == [True]
    _a_mano("demandas_demandaunidad", f"DELETE FROM demandas_demandaunidad WHERE demanda_id = {escrita.pk}")
    _a_mano("demandas_demanda", f"DELETE FROM demandas_demanda WHERE id = {escrita.pk}")
    assert len(cadena.sin_registrar()) == 1


def test_a_column_that_comes_later_breaks_nothing(muni, escrita):
    correr("ALTER TABLE demandas_demandaevent ADD COLUMN nueva text NOT NULL DEFAULT 'x'")
    assert cadena.diferencias() == []
    hechos.demanda(muni, "b", ubicar=False)
    sellar()
    assert cadena.diferencias() == []
    _a_mano("demandas_demandaevent", f"UPDATE demandas_demandaevent SET nueva = 'y' WHERE pgh_id = {_EVENTO}")
    assert cadena.diferencias()  # what is written since, is proven with it


def test_who_does_not_see_all_is_not_told_that_all_is_well(escrita, como_servicio):
    with pytest.raises(PermissionError, match="su dueño"):
        cadena.diferencias()


@pytest.mark.django_db(transaction=True)
def test_commits_at_once_make_one_chain_without_gaps(transactional_db):
    juntos, hilos = Barrier(4), 4

    def escribir(quien: int) -> None:
        try:
            juntos.wait(5)
            for n in range(5):
                with transaction.atomic():
                    Usuario.objects.create(username=f"u{quien}-{n}")
        finally:
            connection.close()

    with ThreadPoolExecutor(hilos) as grupo:
        list(grupo.map(escribir, range(hilos)))
    assert Usuario.pgh_event_model.objects.filter(username__startswith="u").count() == 20
    assert cadena.diferencias() == []
    numeros = list(Eslabon.objects.values_list("numero", flat=True))
    assert numeros == list(range(1, len(numeros) + 1))
    assert correr("SELECT count(*) FROM cuentas_porsellar") == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_locked_after_all_else_that_a_commit_waits_for(transactional_db):
    """A commit that waits for a row of another must not hold the chain that the other needs to commit."""
    muni = mundo.unidad("municipio", "990101", None)
    otra = connection.copy()
    try:
        with otra.cursor() as segunda:
            segunda.execute("BEGIN")
            segunda.execute("SELECT 1 FROM territorio_unidadterritorial WHERE id = %s FOR UPDATE", [muni.pk])
            segunda.execute("UPDATE territorio_unidadterritorial SET categoria = 'y' WHERE id = %s", [muni.pk])
            with ThreadPoolExecutor(1) as grupo:
                primera = grupo.submit(_codigo_de, muni.pk)  # its foreign key waits, at commit, for the row above
                _hasta_que_espere()
                segunda.execute("COMMIT")
                primera.result(timeout=10)
    finally:
        otra.close()
    assert cadena.diferencias() == []


def _codigo_de(unidad: int) -> None:
    try:
        with transaction.atomic():
            Usuario.objects.create(username="primera")  # its entry is written before the foreign key that will wait
            CodigoExterno.objects.create(unidad_id=unidad, esquema="x", codigo="1")
    finally:
        connection.close()


def _hasta_que_espere() -> None:
    for _ in range(100):
        if correr("SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"):
            return
        time.sleep(0.05)
    pytest.fail("nobody waits")


# --- the furniture ----------------------------------------------------------------------------------------------------
DESARREGLOS = {
    f"GRANT UPDATE ON demandas_demandaevent TO {ROL}": "escribir o borrar en demandas_demandaevent",
    f"GRANT UPDATE (titulo) ON demandas_demandaevent TO {ROL}": "escribir o borrar en demandas_demandaevent",
    f"GRANT INSERT ON cuentas_porsellar TO {ROL}": "escribir o borrar en cuentas_porsellar",
    f"GRANT TRUNCATE ON demandas_demanda TO {ROL}": "vaciar demandas_demanda",
    f"GRANT CREATE ON SCHEMA public TO {ROL}": "crear objetos",
    "ALTER TABLE demandas_demanda DISABLE ROW LEVEL SECURITY": "filas están apagadas",
    "ALTER TABLE territorio_limite DISABLE TRIGGER guardia": "guardia está apagado",
    "CREATE OR REPLACE TRIGGER guardia BEFORE INSERT ON territorio_limite FOR EACH ROW"
    " EXECUTE FUNCTION minka_guardia_territorio_limite()": "guardia no vigila todo",
    "DROP POLICY leer ON demandas_demanda": "no son las declaradas",
    f"CREATE POLICY mas ON demandas_demanda FOR SELECT TO {ROL} USING (true)": "no son las declaradas",
    "ALTER POLICY leer ON demandas_demanda USING (true)": "no son las declaradas",
    "ALTER TABLE demandas_demandaevent DISABLE TRIGGER asentar": "asentar está apagado",
    "DROP TRIGGER intocable ON cuentas_eslabon": "falta el disparador intocable",
    "ALTER TABLE demandas_demanda DISABLE TRIGGER USER": "está apagado",
    "ALTER FUNCTION {pgid} RESET pgtrigger.ignore": "no escribe en nombre del dueño",
    "CREATE OR REPLACE FUNCTION {pgid} RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'": "no hace lo que debe",
    "CREATE OR REPLACE FUNCTION minka_todo() RETURNS boolean LANGUAGE sql AS 'SELECT true'": "minka_todo",
}


def test_the_database_is_as_it_should_be():
    assert revision.faltas() == []


@pytest.mark.parametrize("orden", DESARREGLOS)
def test_what_is_missing_or_more_than_it_should_be_in_the_database_shows(db, orden):
    [(pgid,)] = correr(
        "SELECT tgfoid::regprocedure::text FROM pg_trigger WHERE tgrelid = 'demandas_demanda'::regclass"
        " AND tgname ~ '^pgtrigger_insert_insert'"
    )
    correr(orden.format(pgid=pgid))
    assert DESARREGLOS[orden] in "; ".join(revision.faltas())
