"""The criteria of a municipality: its own, and those of the catalogue that it makes its own by changing them."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import Criterio, Demanda, ValorDeCriterio
from demandas.permisos import EDITAR_CRITERIOS
from territorio.models import UnidadTerritorial

CAMPOS = ("nombre", "descripcion", "fuente", "sentido", "normalizacion", "peso", "activo")
VALORES_MAXIMOS = 20_000
VALOR_MAXIMO = 1e12


@transaction.atomic
def crear_criterio(*, por, municipio: UnidadTerritorial, nombre: str, **campos: Any) -> Criterio:
    """Add a criterion whose values the municipality writes."""
    exigir(por, EDITAR_CRITERIOS, municipio)
    base = slugify(nombre).replace("-", "_")[:34] or "criterio"
    usadas = set(Criterio.objects.de(municipio).values_list("clave", flat=True))
    clave = next(c for c in (base, *(f"{base}_{n}" for n in range(2, 1000))) if c not in usadas)
    ultimo = Criterio.objects.de(municipio).order_by("-orden").values_list("orden", flat=True).first() or 0
    criterio = Criterio(municipio=municipio, clave=clave, nombre=nombre.strip(), orden=min(ultimo + 10, 32_000))
    return _guardar(criterio, campos)


@transaction.atomic
def cambiar_criterio(
    *, por, municipio: UnidadTerritorial, clave: str, version: int | str | None, **campos: Any
) -> Criterio:
    """Change a criterion as it was read; one of the catalogue becomes the municipality's own, with the same key."""
    exigir(por, EDITAR_CRITERIOS, municipio)
    candidatos = Criterio.objects.select_for_update(no_key=True).filter(clave=clave)
    criterio = candidatos.filter(municipio=municipio).first() or candidatos.get(municipio=None)
    exigir_version(leida=version, actual=criterio.version, que=criterio)
    if criterio.municipio_id is None:
        criterio = Criterio(
            municipio=municipio,
            clave=criterio.clave,
            calculo=criterio.calculo,
            orden=criterio.orden,
            **{campo: getattr(criterio, campo) for campo in CAMPOS},
        )
    return _guardar(criterio, campos)


def _guardar(criterio: Criterio, campos: dict[str, Any]) -> Criterio:
    if sobran := set(campos) - set(CAMPOS):
        raise TypeError(f"No son campos de un criterio: {', '.join(sorted(sobran))}")
    for campo, valor in campos.items():
        setattr(criterio, campo, valor)
    criterio.full_clean()
    criterio.save()
    return criterio


@transaction.atomic
def poner_valores(*, por, criterio: Criterio, filas: Iterable[tuple[str, float | None]]) -> int:
    """Write what demands (by code) are worth; None takes a value away. All of it or nothing; says how many."""
    assert criterio.municipio is not None
    exigir(por, EDITAR_CRITERIOS, criterio.municipio)
    if criterio.calculo:
        raise ValidationError(_("Este criterio se calcula: sus valores no se escriben."))
    dichos = dict(filas)
    if len(dichos) > VALORES_MAXIMOS:
        raise ValidationError(_("Son demasiadas filas: hasta %(n)s.") % {"n": VALORES_MAXIMOS})
    propias = Demanda.objects.filter(municipio=criterio.municipio, codigo__in=dichos)
    ids = dict(propias.values_list("codigo", "pk"))
    fallas = [_("No hay una demanda con el código «%(codigo)s».") % {"codigo": c[:60]} for c in dichos if c not in ids]
    if fallas:
        raise ValidationError(fallas[:20])
    ValorDeCriterio.objects.filter(criterio=criterio, demanda__in=ids.values()).delete()
    nuevos = [
        ValorDeCriterio(criterio=criterio, demanda_id=ids[codigo], valor=valor)
        for codigo, valor in dichos.items()
        if valor is not None
    ]
    ValorDeCriterio.objects.bulk_create(nuevos, batch_size=2000)
    return len(dichos)


def leer_valores(texto: str) -> list[tuple[str, float | None]]:
    """Rows pasted from a spreadsheet, one per line: code, then value; an empty value takes it away.

    Raises `ValidationError` with each row that cannot be read.
    """
    filas: dict[str, float | None] = {}
    fallas = []
    for numero, linea in enumerate(texto.splitlines(), 1):
        if not linea.strip():
            continue
        codigo, _separador, crudo = linea.partition("\t") if "\t" in linea else linea.partition(";")
        codigo, crudo = codigo.strip(), crudo.strip()
        try:
            valor = _numero(crudo)
        except ValueError:
            fallas.append(
                _(
                    "Fila %(n)s: «%(valor)s» no es un número; escriba el código y, después de un tabulador o ;, el valor."
                )
                % {"n": numero, "valor": crudo[:40] or codigo[:40]}
            )
            continue
        if codigo in filas:
            fallas.append(_("Fila %(n)s: «%(codigo)s» está dos veces.") % {"n": numero, "codigo": codigo[:60]})
        filas[codigo] = valor
    if fallas:
        raise ValidationError(fallas[:20])
    if not filas:
        raise ValidationError(_("Pegue al menos una fila: código y valor."))
    return list(filas.items())


def _numero(crudo: str) -> float | None:
    """`1.234,5`, `0.5` or `sí`; empty is None."""
    if not crudo:
        return None
    if crudo.lower() in {"sí", "si", "no"}:
        return 0.0 if crudo.lower() == "no" else 1.0
    limpio = crudo.replace(".", "").replace(",", ".") if "," in crudo else crudo
    if not set(limpio) <= set("0123456789.-"):
        raise ValueError(crudo)
    valor = float(limpio)
    if abs(valor) > VALOR_MAXIMO:
        raise ValueError(crudo)
    return valor
