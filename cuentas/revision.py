"""Whether role, grants, row rules, functions and triggers stand in the database as `cuentas.base` puts them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pgtrigger
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from cuentas import base
from cuentas.aislamiento import ROL, solo_crecen
from cuentas.auditoria import modelos_auditados
from cuentas.models import Asiento, Eslabon

_DEL_ROL = """
SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication,
    (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relpersistence <> 't'
        AND c.relnamespace <> 'pg_toast'::regnamespace)
    + (SELECT count(*) FROM pg_proc p WHERE p.proowner = r.oid)
    + (SELECT count(*) FROM pg_namespace n WHERE n.nspowner = r.oid) > 0,
    EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid), has_schema_privilege(r.oid, 'public', 'CREATE')
FROM pg_roles r WHERE rolname = %s
"""
_PERMISOS = """
SELECT t FROM unnest(%s::text[]) t
WHERE has_table_privilege(%s, t, %s) OR has_any_column_privilege(%s, t, %s)
"""
_DE_MAS = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND has_table_privilege(%s, c.oid, 'TRUNCATE, TRIGGER')
"""
_SIN_FILAS = """
SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid = ANY(%s::text[]::regclass[]) AND NOT c.relrowsecurity
"""
_DISPARADORES = """
SELECT c.relname, t.tgname, p.proname, t.tgenabled <> 'D', p.prosrc, p.prosecdef, p.proconfig, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""
_FUNCIONES = (
    "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'minka\\_%' AND pronamespace = 'public'::regnamespace"
)
_REGLAS = """
SELECT polname, polcmd, polpermissive, polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = %s)],
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
FROM pg_policy WHERE polrelid = %s::regclass ORDER BY polname
"""
_DE_FILAS = re.compile(r"ALTER TABLE (\S+) ENABLE ROW LEVEL SECURITY")
_DE_GUARDIA = re.compile(r'CREATE OR REPLACE TRIGGER guardia .* ON "(\w+)"')
_CUANDO = f"WHEN (((CURRENT_USER = '{ROL}'::name) AND (NOT minka_todo())))"


def faltas() -> list[str]:
    """What is not as it should be, in words; `migrate` puts most of it right."""
    with connection.cursor() as cursor:
        return [*_rol(cursor), *_permisos(cursor), *_disparadores(cursor), *_funciones(cursor), *_filas(cursor)]


def _rol(cursor) -> Iterator[str]:
    cursor.execute(_DEL_ROL, [ROL])
    fila = cursor.fetchone()
    if fila is None:
        yield _("falta el rol %(rol)s") % {"rol": ROL}
        return
    dichos = (
        _("el rol %(rol)s puede más que servir (superusuario, crear bases o roles, saltarse las filas)"),
        _("el rol %(rol)s es dueño de algo"),
        _("el rol %(rol)s es miembro de otro rol"),
        _("el rol %(rol)s puede crear objetos en el esquema"),
    )
    yield from (dicho % {"rol": ROL} for mal, dicho in zip(fila, dichos, strict=True) if mal)


def _permisos(cursor) -> Iterator[str]:
    auditados: list[type[models.Model]] = [*modelos_auditados(), Asiento, Eslabon]
    registro = [_tabla(m) for m in auditados] + [base.POR_SELLAR]
    crecen = [_tabla(m) for m in solo_crecen()]
    for tablas, permisos in ((registro, "INSERT, UPDATE"), (crecen, "UPDATE")):
        cursor.execute(_PERMISOS, [tablas, ROL, f"{permisos}, DELETE", ROL, permisos])
        for (tabla,) in cursor.fetchall():
            yield _("el rol %(rol)s puede escribir o borrar en %(tabla)s") % {"rol": ROL, "tabla": tabla.strip('"')}
    cursor.execute(_DE_MAS, [ROL])
    for (tabla,) in cursor.fetchall():
        yield _("el rol %(rol)s puede vaciar %(tabla)s o ponerle disparadores") % {
            "rol": ROL,
            "tabla": tabla.strip('"'),
        }


def _disparadores(cursor) -> Iterator[str]:
    cursor.execute(_DISPARADORES)
    puestos = {(tabla, nombre): resto for tabla, nombre, *resto in cursor.fetchall()}

    def revisar(tabla: str, nombre: str, funcion: str, cuerpo: str = "", *, del_duenio: bool = False) -> Iterator[str]:
        dicho = {"tabla": tabla, "nombre": nombre}
        puesto = puestos.get((tabla, nombre))
        if puesto is None:
            yield _("%(tabla)s: falta el disparador %(nombre)s") % dicho
            return
        suya, encendido, fuente, como_duenio, ajustes, _definicion = puesto
        if not encendido:
            yield _("%(tabla)s: el disparador %(nombre)s está apagado") % dicho
        if suya != funcion or cuerpo not in fuente:
            yield _("%(tabla)s: el disparador %(nombre)s no hace lo que debe") % dicho
        if del_duenio and not (como_duenio and "pgtrigger.ignore={}" in (ajustes or [])):
            yield _("%(tabla)s: el disparador %(nombre)s no escribe en nombre del dueño") % dicho

    yield from revisar(Asiento._meta.db_table, "eslabonar", "minka_por_sellar")
    yield from revisar(base.POR_SELLAR, "eslabonar", "minka_eslabonar")
    for modelo in (*modelos_auditados(), Asiento, Eslabon):
        yield from revisar(modelo._meta.db_table, "intocable", "minka_intocable")
    eventos = {modelo.pgh_tracked_model._meta.db_table: modelo._meta.db_table for modelo in modelos_auditados()}
    for tabla in eventos.values():
        yield from revisar(tabla, "asentar", "minka_asentar")
    for mandato in base.mandatos():
        for tabla in _DE_GUARDIA.findall(mandato):
            yield from revisar(tabla, "guardia", f"minka_guardia_{tabla}")
            definicion = puestos.get((tabla, "guardia"), [""])[-1]
            if definicion and not ("BEFORE INSERT OR DELETE OR UPDATE" in definicion and _CUANDO in definicion):
                yield _("%(tabla)s: el disparador guardia no vigila todo") % {"tabla": tabla}
    for modelo, disparador in pgtrigger.registered():
        tabla, pgid = modelo._meta.db_table, disparador.get_pgid(modelo)
        cuerpo = disparador.render_func(modelo)
        yield from revisar(tabla, pgid, pgid, cuerpo, del_duenio=f'INSERT INTO "{eventos.get(tabla)}"' in cuerpo)


def _funciones(cursor) -> Iterator[str]:
    cursor.execute(_FUNCIONES)
    puestas = dict(cursor.fetchall())
    mandado = "\n".join(base.mandatos())
    for nombre in sorted(set(re.findall(r"CREATE OR REPLACE FUNCTION (minka_\w+)\(", mandado))):
        if f"$${puestas.get(nombre)}$$" not in mandado:
            yield _("la función %(nombre)s falta o no es la que debe ser") % {"nombre": nombre}


def _filas(cursor) -> Iterator[str]:
    """Row rules as PostgreSQL writes them back, against those of a copy of each table that is made and thrown away."""
    mandatos = {m[1]: m.string for m in map(_DE_FILAS.search, base.mandatos()) if m}
    cursor.execute(_SIN_FILAS, [list(mandatos)])
    yield from (_("%(tabla)s: las reglas de filas están apagadas") % {"tabla": t} for (t,) in cursor.fetchall())
    for tabla, mandato in mandatos.items():
        cursor.execute(_REGLAS, [ROL, tabla])
        if cursor.fetchall() != _como_deben_ser(cursor, tabla, mandato):
            yield _("%(tabla)s: sus reglas de filas no son las declaradas") % {"tabla": tabla.strip('"')}


def _como_deben_ser(cursor, tabla: str, mandato: str) -> list:
    with transaction.atomic():
        # Of the same name, because a rule may name its own table; it goes with the transaction.
        cursor.execute(f"CREATE TEMPORARY TABLE {tabla} (LIKE public.{tabla})")
        cursor.execute(mandato)
        cursor.execute(_REGLAS, [ROL, f"pg_temp.{tabla}"])
        debidas = cursor.fetchall()
        transaction.set_rollback(True)
    return debidas


def _tabla(modelo: type[models.Model]) -> str:
    return connection.ops.quote_name(modelo._meta.db_table)
