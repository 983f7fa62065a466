"""Demands registered one at a time, from the capture page or the API: each sending enters once, however often it comes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.contrib.gis.geos import MultiLineString, MultiPolygon, Point
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, IntegerField, Max
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext as _

from cuentas.permisos import exigir, membresias_de
from cuentas.versiones import exigir_version
from demandas.models import (
    BeneficiariosPorEdad,
    Demanda,
    DemandaHallazgo,
    EstadoDemanda,
    Evento,
    Grupo,
    Hallazgo,
    PasoDeDemanda,
    Rango,
    Sexo,
)
from demandas.permisos import REGISTRAR_DEMANDA
from demandas.services.flujo import PasoImposible
from territorio.fechas import hoy
from territorio.localizacion import localizar
from territorio.models import Sector, UnidadTerritorial
from territorio.models.localizacion import GEOMETRIAS

CERROJO = 0x4D4B02  # the first half of an advisory lock; the second is the municipality
PREFIJO = "DEM-"
PUESTO_MAXIMO = 1000
COLUMNA = {"Point": "punto", "MultiLineString": "linea", "MultiPolygon": "poligono"}
SUMA_DE = {Sexo.MUJERES: "beneficiarias_mujeres", Sexo.HOMBRES: "beneficiarios_hombres"}
CORREGIBLES = (EstadoDemanda.REGISTRADA, EstadoDemanda.DEVUELTA)
# What a demand is told by besides its row.
APARTE = ("lugar", "rangos", "por_edad", "hallazgos")


class Contenido(TypedDict, total=False):
    """What people say of a demand; what is not there stays empty, or as it was.

    `lugar` is EPSG:4326; `rangos`: place by group; `por_edad`: persons by (sex, age), whose sums are the persons by sex.
    """

    titulo: str
    descripcion: str
    proponente: UnidadTerritorial | None
    lugar: Point | MultiLineString | MultiPolygon | None
    sector: Sector | None
    grupo: str
    beneficiarias_mujeres: int | None
    beneficiarios_hombres: int | None
    por_edad: Mapping[tuple[str, str], int]
    rangos: Mapping[str, int]
    costo_estimado: Decimal | None
    contraparte: Decimal | None
    madurez: str
    pedida_desde: int | None
    fecha: date | None
    evento: Evento | None
    hallazgos: Iterable[Hallazgo]
    fuente: str


class EnvioDistinto(Exception):
    """The sending entered before with another content: `demanda` is what entered. Nothing was written."""

    def __init__(self, demanda: Demanda) -> None:
        super().__init__(
            _("Este envío ya entró con otro contenido, como %(codigo)s. No se escribió nada.")
            % {"codigo": demanda.codigo}
        )
        self.demanda = demanda


def registrar_demanda(
    *, por, municipio: UnidadTerritorial, envio: UUID, **contenido: Unpack[Contenido]
) -> tuple[Demanda, bool]:
    """Register what a sending brings and place it; the same sending again gives the same demand, and False.

    Without `lugar` it stands where its `proponente` stands; with neither it is unlocated. Raises `EnvioDistinto`,
    `PermissionDenied`, `ValidationError`.
    """
    _exigir_algun_rol(por, municipio)
    huella = _huella(municipio, contenido)
    try:
        with transaction.atomic():
            _de_a_uno(municipio)
            if (antes := Demanda.objects.filter(envio=envio).first()) is not None:
                return _la_misma(antes, huella), False
            return _registrar(por, municipio, envio, huella, contenido), True
    except IntegrityError as error:
        # Another municipality's, which this one does not see, or one that came in by a door without the lock.
        if "envio" not in str(error):
            raise
        antes = Demanda.objects.filter(envio=envio).first()
        if antes is None:
            raise ValidationError({"envio": _("Este número de envío ya se usó en otro municipio.")}) from None
        return _la_misma(antes, huella), False


@transaction.atomic
def corregir_demanda(*, por, demanda: Demanda, version: int | str | None, **cambios: Unpack[Contenido]) -> Demanda:
    """Correct a demand, as it was read (`version`), while nobody has validated it, and place it anew."""
    una = Demanda.objects.select_for_update(of=("self",), no_key=True).select_related("municipio").get(pk=demanda.pk)
    exigir_version(leida=version, actual=una.version, que=una)
    exigir(por, REGISTRAR_DEMANDA, una.municipio, una)
    if una.estado not in CORREGIBLES:
        raise PasoImposible(
            _("«%(que)s» está %(estado)s: se corrige mientras está registrada o devuelta.")
            % {"que": una, "estado": una.get_estado_display()}
        )
    _escribir(una, cambios)
    exigir(por, REGISTRAR_DEMANDA, una.municipio, una)  # where it stands now, too
    # What is beside the row is its content as well.
    if una.version == int(str(version)) and set(cambios) & set(APARTE):
        Demanda.objects.filter(pk=una.pk).update(version=F("version") + 1)
        una.refresh_from_db(fields=["version"])
    return una


# --- registering ------------------------------------------------------------------------------------------------------
def _exigir_algun_rol(por, municipio: UnidadTerritorial) -> None:
    """A role limited to some districts may register too; whether it reaches this demand is asked once it is placed."""
    suyas = membresias_de(por)
    if por.is_superuser or any(m == municipio.pk and rol in REGISTRAR_DEMANDA.roles for m, rol in suyas):
        return
    exigir(por, REGISTRAR_DEMANDA, municipio)


def _de_a_uno(municipio: UnidadTerritorial) -> None:
    """Until the transaction ends, nobody else registers in the municipality: neither codes nor sendings meet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CERROJO, municipio.pk % 2**31])


def _la_misma(antes: Demanda, huella: str) -> Demanda:
    if antes.envio_huella != huella:
        raise EnvioDistinto(antes)
    return antes


def _registrar(por, municipio: UnidadTerritorial, envio: UUID, huella: str, contenido: Contenido) -> Demanda:
    nueva = Demanda(
        municipio=municipio, codigo=siguiente_codigo(municipio), envio=envio, envio_huella=huella, registrada_por=por
    )
    _escribir(nueva, contenido | {"fecha": contenido.get("fecha") or hoy()})
    exigir(por, REGISTRAR_DEMANDA, municipio, nueva if nueva.proponente_id or nueva.geometria else None)
    paso = PasoDeDemanda(demanda=nueva, hacia=nueva.estado, por=por)
    paso.full_clean()
    paso.save()
    return nueva


def siguiente_codigo(municipio: UnidadTerritorial) -> str:
    """`DEM-0001` and so on, after the highest of the municipality; for who holds its lock."""
    numerados = Demanda.objects.filter(municipio=municipio, codigo__regex=rf"^{PREFIJO}\d{{1,8}}$")
    ultimo = numerados.aggregate(n=Max(Cast(Substr("codigo", len(PREFIJO) + 1), IntegerField())))["n"]
    return f"{PREFIJO}{(ultimo or 0) + 1:04}"


def _huella(municipio: UnidadTerritorial, contenido: Contenido) -> str:
    """Digest of what was sent: two that say the same give the same, whatever has become of the demand since."""
    dicho: dict[str, Any] = {}
    for campo, valor in contenido.items():
        if valor is None or valor == "" or valor == {}:
            continue
        if campo == "por_edad":
            dicho[campo] = sorted([*clave, n] for clave, n in valor.items())  # type: ignore[attr-defined]
        elif campo == "hallazgos":
            dicho[campo] = sorted(uno.pk for uno in valor)  # type: ignore[attr-defined]
        elif campo == "lugar":
            dicho[campo] = valor.hexewkb.decode()  # type: ignore[attr-defined]
        elif hasattr(valor, "pk"):
            dicho[campo] = valor.pk
        elif isinstance(valor, Decimal):
            dicho[campo] = format(valor.normalize(), "f")
        else:
            dicho[campo] = _llano(valor) if isinstance(valor, str) else valor
    todo = json.dumps([municipio.pk, dicho], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(todo.encode("utf-8", "surrogatepass")).hexdigest()


# --- writing ----------------------------------------------------------------------------------------------------------
def _escribir(una: Demanda, contenido: Contenido) -> None:
    """Put into a demand what is said of it, check it, store it, and place it."""
    errores: dict[str, Any] = {}
    for campo, valor in contenido.items():
        if campo not in APARTE:
            setattr(una, campo, _llano(valor) if isinstance(valor, str) else valor)
    if "lugar" in contenido:
        for columna in GEOMETRIAS:
            setattr(una, columna, None)
        if (lugar := contenido["lugar"]) is not None:
            setattr(una, COLUMNA[lugar.geom_type], lugar)
    _sumar(una, contenido, errores)
    _revisar(una, contenido, errores)
    try:
        una.full_clean()
    except ValidationError as error:
        errores = error.message_dict | errores
    if errores:
        raise ValidationError(errores)
    una.save()
    _escribir_aparte(una, contenido)
    localizar(Demanda.objects.filter(pk=una.pk))
    una.refresh_from_db()


def _sumar(una: Demanda, contenido: Contenido, errores: dict[str, Any]) -> None:
    """Persons of a sex are the sum of its ages, where somebody told them; a total that says otherwise is refused."""
    if "por_edad" not in contenido:
        return
    for sexo, campo in SUMA_DE.items():
        edades = [n for (suyo, _edad), n in contenido["por_edad"].items() if suyo == sexo]
        if not edades:
            continue
        if (dicho := contenido.get(campo)) is not None and dicho != sum(edades):
            errores[campo] = _("Por edades suman %(suma)s.") % {"suma": sum(edades)}
        setattr(una, campo, sum(edades))


def _revisar(una: Demanda, contenido: Contenido, errores: dict[str, Any]) -> None:
    """What the row alone can't tell: that all it points to is of the same municipality, and its days are past."""
    unidad = una.proponente
    if unidad is not None and una.municipio_id not in {unidad.municipio_id, unidad.pk}:
        errores["proponente"] = _("%(unidad)s no es de %(municipio)s.") % {"unidad": unidad, "municipio": una.municipio}
    if una.evento is not None and una.evento.municipio_id != una.municipio_id:
        errores["evento"] = _("Esa reunión es de otro municipio.")
    if any(uno.municipio_id != una.municipio_id for uno in contenido.get("hallazgos", ())):
        errores["hallazgos"] = _("Hay hallazgos de otro municipio.")
    if una.fecha is not None and una.fecha > hoy():
        errores["fecha"] = _("Esa fecha todavía no llega.")
    if una.pedida_desde is not None and not 1950 <= una.pedida_desde <= hoy().year:
        errores["pedida_desde"] = _("Un año de 1950 a %(anio)s.") % {"anio": hoy().year}
    for grupo, puesto in contenido.get("rangos", {}).items():
        if grupo not in Grupo.values:
            errores["rangos"] = _("No existe el grupo «%(grupo)s».") % {"grupo": str(grupo)[:40]}
        elif not 1 <= puesto <= PUESTO_MAXIMO:
            errores["rangos"] = _("Un puesto va de 1 a %(maximo)s.") % {"maximo": PUESTO_MAXIMO}


def _escribir_aparte(una: Demanda, contenido: Contenido) -> None:
    """Ranks, persons by age and findings: what is told takes the place of what was."""
    if "rangos" in contenido:
        una.rangos.all().delete()
        Rango.objects.bulk_create([Rango(demanda=una, grupo=g, puesto=p) for g, p in contenido["rangos"].items()])
    if "por_edad" in contenido:
        una.beneficiarios_por_edad.all().delete()
        filas = [
            BeneficiariosPorEdad(demanda=una, sexo=sexo, grupo_edad=edad, personas=n)
            for (sexo, edad), n in contenido["por_edad"].items()
        ]
        for fila in filas:
            fila.full_clean(validate_unique=False)
        BeneficiariosPorEdad.objects.bulk_create(filas)
    if "hallazgos" in contenido:
        una.origenes.all().delete()
        unicos = {uno.pk: uno for uno in contenido["hallazgos"]}
        DemandaHallazgo.objects.bulk_create([DemandaHallazgo(demanda=una, hallazgo=uno) for uno in unicos.values()])


def _llano(texto: str) -> str:
    """Without the spaces at the ends of lines and around them, which nobody meant."""
    return "\n".join(linea.rstrip() for linea in texto.strip().splitlines())
