"""What `manage.py check --deploy` adds of ours; with `--database default` it looks into the database too."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

_QUIEN = """
SELECT rolsuper OR rolbypassrls, EXISTS (
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relowner = pg_roles.oid)
FROM pg_roles WHERE rolname = session_user
"""


@register(Tags.database, deploy=True)
def cuenta_de_la_base(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """In production the service logs in as a role to which row rules apply."""
    if not settings.PRODUCCION or "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(_QUIEN)
        todopoderosa, duena = cursor.fetchone()
    if not (todopoderosa or duena):
        return []
    que = "pasa por encima de las reglas de filas" if todopoderosa else "es dueña de las tablas"
    return [
        Error(
            f"La cuenta de DATABASE_URL {que}.",
            hint="El servicio entra como minka_app; solo migrate y las órdenes entran como la dueña.",
            id="minka.E001",
        )
    ]


@register(Tags.security, deploy=True)
def archivos_aparte(**_kwargs: Any) -> list[CheckMessage]:
    """What people upload lies outside what is served to anybody."""
    subidos, servidos = Path(settings.MEDIA_ROOT).resolve(), Path(settings.STATIC_ROOT).resolve()
    if subidos.is_relative_to(servidos) or servidos.is_relative_to(subidos):
        return [
            Error("MEDIA_ROOT y STATIC_ROOT están uno dentro del otro: lo subido quedaría a la vista.", id="minka.E002")
        ]
    return []


@register(Tags.security, deploy=True)
def con_ritmo(**_kwargs: Any) -> list[CheckMessage]:
    """Somebody may have switched off how often one may ask."""
    sin = sorted(clase for clase, ritmo in settings.MINKA_RITMOS.items() if ritmo in {"", "0"})
    return [Warning(f"Sin límite de pedidos: {', '.join(sin)} (MINKA_RITMO_…).", id="minka.W003")] if sin else []
