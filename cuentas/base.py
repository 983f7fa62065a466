"""The furniture of the database that no model declares: role, functions, grants, row rules, triggers of the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, models, transaction

from cuentas.aislamiento import ROL, SUYOS, TODO, declaradas, falta_el_rol, solo_crecen
from cuentas.auditoria import modelos_auditados, que_lleva_al_municipio
from cuentas.models import Asiento, Eslabon

# What a transaction that is committing has yet to tie to the chain: empty to whoever looks.
POR_SELLAR = "cuentas_porsellar"

# Text of a row must read the same whoever asks: it is what the digest is made of.
_ESTABLE = """SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
    SET intervalstyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex'"""

_FUNCIONES = f"""
CREATE OR REPLACE FUNCTION minka_todo() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('minka.alcance', true) = 'todo', false) $$;

CREATE OR REPLACE FUNCTION minka_municipios() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(string_to_array(nullif(current_setting('minka.municipios', true), ''), ',')::bigint[], '{{}}') $$;

CREATE OR REPLACE FUNCTION minka_analizar(tabla text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = tabla) THEN
        EXECUTE format('ANALYZE public.%I', tabla);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION minka_huella(tabla text, eventos bigint[], columnas text[]) RETURNS bytea LANGUAGE plpgsql STABLE
{_ESTABLE} AS $$
DECLARE huella bytea;
BEGIN
    EXECUTE format(
        'SELECT sha256(convert_to(string_agg(encode(sha256(convert_to((hstore(v) -> $2)::text, ''UTF8'')), ''hex''),
            '','' ORDER BY v.pgh_id), ''UTF8'')) FROM public.%I v WHERE v.pgh_id = ANY($1)', tabla)
    INTO huella USING eventos, columnas;
    RETURN huella;
END $$;

CREATE OR REPLACE FUNCTION minka_asentar() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {_ESTABLE} AS $$
DECLARE columnas text[];
BEGIN
    SELECT array_agg(attname ORDER BY attname) INTO columnas FROM pg_attribute
    WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
    INSERT INTO {Asiento._meta.db_table} (tabla, columnas, eventos, huella, registrado)
    SELECT TG_TABLE_NAME, columnas, array_agg(n.pgh_id ORDER BY n.pgh_id),
        sha256(convert_to(string_agg(encode(sha256(convert_to((hstore(n) -> columnas)::text, 'UTF8')), 'hex'),
            ',' ORDER BY n.pgh_id), 'UTF8')), clock_timestamp()
    FROM nuevas n HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION minka_sello(numero bigint, anterior bytea, sellado timestamptz, a {Asiento._meta.db_table})
RETURNS bytea LANGUAGE sql STABLE {_ESTABLE} AS
$$ SELECT sha256(anterior || convert_to(concat_ws('|', numero, sellado, a.id, a.tabla, a.columnas::text, a.eventos::text,
    encode(a.huella, 'hex'), a.registrado), 'UTF8')) $$;

-- At commit, one after the other. The lock of the chain must be the last thing that a transaction waits for, or two that
-- commit at once could wait for each other: foreign keys are checked at commit too, in the order in which rows were
-- written. What a deferred trigger writes fires after all that was waiting, hence the step in between.
CREATE UNLOGGED TABLE IF NOT EXISTS {POR_SELLAR} (asiento_id bigint PRIMARY KEY);

CREATE OR REPLACE FUNCTION minka_por_sellar() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {_ESTABLE} AS $$
BEGIN
    INSERT INTO {POR_SELLAR} (asiento_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION minka_eslabonar() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {_ESTABLE} AS $$
DECLARE ultimo {Eslabon._meta.db_table}; nuevo {Asiento._meta.db_table}; ahora timestamptz; siguiente bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('{Eslabon._meta.db_table}'));
    SELECT * INTO STRICT nuevo FROM {Asiento._meta.db_table} WHERE id = NEW.asiento_id;
    SELECT * INTO ultimo FROM {Eslabon._meta.db_table} ORDER BY numero DESC LIMIT 1;
    siguiente := coalesce(ultimo.numero, 0) + 1;
    ahora := clock_timestamp();
    INSERT INTO {Eslabon._meta.db_table} (numero, asiento_id, anterior, sello, sellado) VALUES (siguiente, nuevo.id,
        coalesce(ultimo.sello, ''::bytea), minka_sello(siguiente, coalesce(ultimo.sello, ''::bytea), ahora, nuevo), ahora);
    DELETE FROM {POR_SELLAR} WHERE asiento_id = nuevo.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION minka_intocable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'El registro de cambios no se cambia ni se borra (%).', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

DROP TRIGGER IF EXISTS eslabonar ON {Asiento._meta.db_table};
CREATE CONSTRAINT TRIGGER eslabonar AFTER INSERT ON {Asiento._meta.db_table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION minka_por_sellar();
DROP TRIGGER IF EXISTS eslabonar ON {POR_SELLAR};
CREATE CONSTRAINT TRIGGER eslabonar AFTER INSERT ON {POR_SELLAR} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION minka_eslabonar();
"""

_PERMISOS = f"""
GRANT USAGE ON SCHEMA public TO {ROL};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROL};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROL};
REVOKE INSERT, UPDATE, DELETE ON django_migrations, {ContentType._meta.db_table} FROM {ROL};
REVOKE ALL ON {POR_SELLAR} FROM {ROL};
"""

# The events are written by triggers in their owner's name, so that the service itself cannot even add one. Those that a
# migration wrote before the table had its trigger get their entry now, and what was stored before there was a record
# begins it: as it stands.
_DE_EVENTOS = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = '{{tabla}}'::regclass AND tgname = 'asentar') THEN
        INSERT INTO {{tabla}} ({{columnas}}, {{propias}})
        SELECT {{columnas}}, {{valores}} FROM {{seguida}} t WHERE NOT EXISTS (SELECT 1 FROM {{tabla}} v WHERE v.id = t.id);
        INSERT INTO {Asiento._meta.db_table} (tabla, columnas, eventos, huella, registrado)
        SELECT '{{nombre}}', columnas, eventos, minka_huella('{{nombre}}', eventos, columnas), clock_timestamp()
        FROM (SELECT array_agg(v.pgh_id ORDER BY v.pgh_id) AS eventos FROM {{tabla}} v WHERE v.pgh_id NOT IN
                (SELECT unnest(a.eventos) FROM {Asiento._meta.db_table} a WHERE a.tabla = '{{nombre}}')) e,
            (SELECT array_agg(attname ORDER BY attname) AS columnas FROM pg_attribute
                WHERE attrelid = '{{tabla}}'::regclass AND attnum > 0 AND NOT attisdropped) c
        WHERE e.eventos IS NOT NULL;
    END IF;
END $$;
CREATE OR REPLACE TRIGGER asentar AFTER INSERT ON {{tabla}} REFERENCING NEW TABLE AS nuevas
    FOR EACH STATEMENT EXECUTE FUNCTION minka_asentar();
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE prosrc LIKE '%INSERT INTO "{{nombre}}"%' AND proname LIKE 'pgtrigger_%' LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', f);
        -- Else whoever writes could tell the trigger to look away.
        EXECUTE format('ALTER FUNCTION %s SET pgtrigger.ignore = ''{{{{}}}}''', f);
    END LOOP;
END $$;
"""
# No trigger of a model looks away because the session that writes tells it to (`SET pgtrigger.ignore`).
_SIN_EXCEPCIONES = """
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc
        WHERE proname LIKE 'pgtrigger_%' AND NOT coalesce('pgtrigger.ignore={}' = ANY(proconfig), false) LOOP
        EXECUTE format('ALTER FUNCTION %s SET pgtrigger.ignore = ''{}''', f);
    END LOOP;
END $$;
"""
_INTOCABLE = """
CREATE OR REPLACE TRIGGER intocable BEFORE UPDATE OR DELETE ON {tabla}
    FOR EACH STATEMENT EXECUTE FUNCTION minka_intocable();
REVOKE INSERT, UPDATE, DELETE ON {tabla} FROM {rol};
"""
_FILAS = """
DROP TRIGGER IF EXISTS guardia ON {tabla};
ALTER TABLE {tabla} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS leer ON {tabla};
DROP POLICY IF EXISTS agregar ON {tabla};
DROP POLICY IF EXISTS cambiar ON {tabla};
DROP POLICY IF EXISTS quitar ON {tabla};
CREATE POLICY leer ON {tabla} FOR SELECT TO {rol} USING ({lectura});
CREATE POLICY agregar ON {tabla} FOR INSERT TO {rol} WITH CHECK ({escritura});
CREATE POLICY cambiar ON {tabla} FOR UPDATE TO {rol} USING ({escritura}) WITH CHECK ({escritura});
CREATE POLICY quitar ON {tabla} FOR DELETE TO {rol} USING ({borrado});
"""
# Where all rows are read, only writing is guarded; the owner, and what runs over all rows, pass at the cost of a comparison.
_GUARDIA = """
CREATE OR REPLACE FUNCTION minka_guardia_{nombre}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM (SELECT (OLD).*) fila WHERE {borrado}) THEN RETURN OLD; END IF;
    ELSIF EXISTS (SELECT 1 FROM (SELECT (NEW).*) fila WHERE {escritura})
        AND (TG_OP = 'INSERT' OR EXISTS (SELECT 1 FROM (SELECT (OLD).*) fila WHERE {escritura})) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Esta fila de {nombre} es de otro municipio, o la escribe solo el sistema.' USING ERRCODE = '42501';
END $$;
ALTER TABLE {tabla} DISABLE ROW LEVEL SECURITY;
CREATE OR REPLACE TRIGGER guardia BEFORE INSERT OR UPDATE OR DELETE ON {tabla} FOR EACH ROW
    WHEN (current_user = '{rol}' AND NOT minka_todo()) EXECUTE FUNCTION minka_guardia_{nombre}();
"""
_CREAR_ROL = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROL}') THEN
        CREATE ROLE {ROL} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server made it meanwhile
END $$;
DO $$ BEGIN
    IF NOT pg_has_role(current_user, '{ROL}', 'MEMBER') THEN GRANT {ROL} TO CURRENT_USER; END IF;
END $$;
"""


def mandatos() -> Iterator[str]:
    """All statements, in their order, apart from the one that makes the role."""
    yield _FUNCIONES
    yield _PERMISOS
    for de_la_cadena in (Asiento, Eslabon):
        yield _INTOCABLE.format(tabla=_tabla(de_la_cadena), rol=ROL)
    for modelo in modelos_auditados():
        yield _DE_EVENTOS.format(tabla=_tabla(modelo), nombre=modelo._meta.db_table, **_lo_ya_guardado(modelo))
        yield _INTOCABLE.format(tabla=_tabla(modelo), rol=ROL)
        yield _FILAS.format(
            tabla=_tabla(modelo), rol=ROL, lectura=_lectura_de_eventos(modelo), escritura="false", borrado="false"
        )
    for modelo, regla in declaradas().items():
        molde = _GUARDIA if regla.abierta else _FILAS
        yield molde.format(tabla=_tabla(modelo), nombre=modelo._meta.db_table, rol=ROL, **asdict(regla))
    for modelo in sorted(solo_crecen(), key=lambda m: m._meta.db_table):
        yield f"REVOKE UPDATE, DELETE, TRUNCATE ON {_tabla(modelo)} FROM {ROL};"
    yield _SIN_EXCEPCIONES


def _lo_ya_guardado(eventos: type[models.Model]) -> dict[str, str]:
    """How the rows of the tracked table become its first events: names of columns, and what events have besides."""
    seguido = eventos.pgh_tracked_model
    suyas = {campo.name for campo in seguido._meta.concrete_fields}
    columnas = [campo.column for campo in eventos._meta.concrete_fields if campo.name in suyas]
    propias = {
        "pgh_created_at": "clock_timestamp()",
        "pgh_label": "'insert'",
        "pgh_context": '\'{"orden": "migrate"}\'::jsonb',
    }
    if "pgh_obj" in {campo.name for campo in eventos._meta.concrete_fields}:
        propias["pgh_obj_id"] = "t.id"
    return {
        "seguida": _tabla(seguido),
        "columnas": ", ".join(connection.ops.quote_name(columna) for columna in columnas),
        "propias": ", ".join(propias),
        "valores": ", ".join(propias.values()),
    }


def _lectura_de_eventos(eventos: type[models.Model]) -> str:
    """Events are read by the members of the municipality; what has none, by nobody but who sees all."""
    campo = que_lleva_al_municipio(eventos)
    if campo is None:
        return f"(SELECT {TODO})"
    if campo.name != "municipio":
        de_arriba = next(m for m in modelos_auditados() if m.pgh_tracked_model is campo.related_model)
        return f"(SELECT {TODO}) OR {campo.column} IN (SELECT pgh_obj_id FROM {_tabla(de_arriba)})"
    columna = "coalesce(municipio_id, id)" if campo.related_model is eventos.pgh_tracked_model else "municipio_id"
    return f"(SELECT {TODO}) OR {columna} = ANY((SELECT {SUYOS})::bigint[])"


def poner_al_dia(*, forzar: bool = False) -> None:
    """Bring the database to `mandatos`, unless the mark that it left says that it is already there."""
    with connection.cursor() as cursor:
        if not forzar and marca_guardada(cursor) == marca():
            return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('minka_base'))")
        asegurar_rol()
        cursor.execute("\n".join(mandatos()))
        cursor.execute(f"COMMENT ON FUNCTION minka_todo() IS '{marca()}'")


def asegurar_rol() -> None:
    """See to it that the role of the service is there, and that this account may put it on."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_CREAR_ROL)
    except DatabaseError as error:
        raise falta_el_rol(error) from error


@cache
def marca() -> str:
    """What the statements of this code come to; the database keeps the one it was brought to (`marca_guardada`)."""
    return hashlib.sha256("\n".join(mandatos()).encode()).hexdigest()


def marca_guardada(cursor) -> str | None:
    cursor.execute("SELECT obj_description(to_regprocedure('minka_todo()'), 'pg_proc')")
    return cursor.fetchone()[0]


def _tabla(modelo: type[models.Model]) -> str:
    return connection.ops.quote_name(modelo._meta.db_table)
