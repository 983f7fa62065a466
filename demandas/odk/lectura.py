"""Interviews as rows of demands, judged afterwards by the same rules as those of a table."""

import re
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import shapely
from shapely.geometry.base import BaseGeometry

from demandas.importacion.campos import DESTINOS, EDADES, RANGOS
from demandas.importacion.listas import nombre_de_unidad, unidades_de
from demandas.importacion.plan import FilaHallazgo, Plan
from demandas.models import Evento, Grupo, TipoDeHallazgo
from demandas.odk.envios import Envio, presentes
from demandas.odk.formulario import DEMANDA, HALLAZGO, opcion_de_unidad
from territorio.importacion import valores
from territorio.importacion.pedido_tabla import sectores_por_codigo
from territorio.importacion.tabla import FilaTabla, Tabla

ESPACIO = uuid5(NAMESPACE_URL, "minka:envios")
DE_LA_DEMANDA = ("titulo", "descripcion", "sector", "grupo", "mujeres", "hombres", *EDADES, *RANGOS, "costo_estimado",
                 "contraparte", "madurez", "pedida_desde")  # fmt: skip
COLUMNAS = (*DE_LA_DEMANDA, "unidad", "evento", "fecha", "wkt", "envio")
LUGARES = ("punto", "linea", "poligono")


def es_de_otro(envios: list[Envio], plan: Plan) -> bool:
    """Whether the submissions are of another form, or of another municipality's; says so, and what they look like."""
    hay = presentes(envios)
    if "minka_municipio" not in hay or "unidad" not in hay:
        faltan = [c for c in ("minka_municipio", "unidad", DEMANDA) if c not in hay]
        forma = sorted({str(e.campos.get("__formId") or e.campos.get("_xform_id_string") or "") for e in envios} - {""})
        propios = sorted(c for c in hay if not c.startswith(("_", "meta")) and c not in {"KEY", "instanceID"})
        cual = f"del formulario «{forma[0]}»" if forma else f"de un formulario que pregunta: {', '.join(propios[:8])}"
        plan.informe.error(
            f"son envíos de otro formulario: faltan {', '.join(faltan)}; parece {cual}.",
            "Suba los envíos del formulario que se descarga aquí, exportados con los nombres de las preguntas (XML).",
            codigo="otro_formulario",
        )
        return True
    ajenos = {str(e.campos.get("minka_municipio")) for e in envios} - {plan.municipio.codigo}
    if ajenos:
        plan.informe.error(
            f"hay envíos del formulario de otro municipio ({', '.join(sorted(ajenos))}).",
            "Cárguelos en ese municipio.",
            codigo="otro_municipio",
        )
    return bool(ajenos)


def a_tabla(
    envios: list[Envio], plan: Plan
) -> tuple[Tabla, dict[str, str], list[FilaHallazgo], dict[int, tuple[UUID, ...]]]:
    """Rows, columns, findings, and which findings each row came with."""
    lector = _Lector(plan)
    tabla, numero = Tabla(list(COLUMNAS)), 0
    hallazgos: list[FilaHallazgo] = []
    suyos: dict[int, tuple[UUID, ...]] = {}
    for n, envio in enumerate(envios, start=1):
        hallados = lector.hallazgos(envio, n, primera=numero + 1)
        hallazgos += hallados
        for i, demanda in enumerate(envio.repetidos.get(DEMANDA, []), start=1):
            numero += 1
            tabla.filas.append(FilaTabla(numero, lector.celdas(envio, demanda, i, numero)))
            if hallados:
                suyos[numero] = tuple(h.envio for h in hallados)
    plan.informe.lectura |= {"formato": "envíos de ODK o KoboToolbox", "envios": str(len(envios))}
    plan.informe.cuentas |= {"envios": len(envios), "filas": numero}
    if not numero:
        plan.informe.error(
            "los envíos no traen ninguna demanda.",
            "Exporte también los grupos que se repiten (el ZIP de ODK Central, o el XLSX de KoboToolbox).",
            codigo="sin_filas",
        )
    return tabla, {c: c for c in COLUMNAS if c in DESTINOS}, hallazgos, suyos


class _Lector:
    """Turns stored choices back into what they stand for; what is unknown is said by row."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.unidades = {opcion_de_unidad(u): u for u in unidades_de(plan.municipio)}
        self.sectores = sectores_por_codigo()
        self.eventos = {
            f"ev{pk}": pk for pk in Evento.objects.filter(municipio=plan.municipio).values_list("pk", flat=True)
        }

    def celdas(self, envio: Envio, demanda: dict[str, Any], indice: int, numero: int) -> dict[str, Any]:
        celdas = {campo: demanda.get(campo) for campo in DE_LA_DEMANDA}
        opcion = str(envio.campos.get("unidad") or "")
        unidad = self.unidades.get(opcion)
        celdas["unidad"] = nombre_de_unidad(unidad) if unidad else opcion
        celdas["evento"], celdas["fecha"] = envio.campos.get("evento"), _solo_dia(envio.campos.get("fecha"))
        celdas["envio"] = str(uuid5(ESPACIO, f"{envio.instancia}/{DEMANDA}/{indice}"))
        try:
            forma = _forma(demanda)
            celdas["wkt"] = forma.wkt if forma is not None else None
        except valores.ValorInvalido as e:
            self.plan.informe.error(str(e), e.remedio, fila=numero, campo="lugar", codigo="valor_invalido")
        return celdas

    def hallazgos(self, envio: Envio, n: int, *, primera: int) -> list[FilaHallazgo]:
        """What the community found; one that cannot be is left out and said at the first demand of its interview."""
        leidos = []
        unidad = self.unidades.get(str(envio.campos.get("unidad") or ""))
        for i, dicho in enumerate(envio.repetidos.get(HALLAZGO, []), start=1):
            try:
                if unidad is None:
                    raise valores.ValorInvalido("no se sabe de qué comunidad es.", "Corrija la unidad del envío.")
                campos = self._hallazgo(dicho) | {"unidad_id": unidad.pk}
            except valores.ValorInvalido as e:
                self.plan.informe.aviso(
                    f"el hallazgo {i} del envío {n} no se carga: {e}",
                    e.remedio,
                    fila=primera if envio.repetidos.get(DEMANDA) else None,
                    campo=HALLAZGO,
                    codigo="hallazgo_invalido",
                )
                continue
            campos["evento_id"] = self.eventos.get(str(envio.campos.get("evento") or ""))
            leidos.append(FilaHallazgo(uuid5(ESPACIO, f"{envio.instancia}/{HALLAZGO}/{i}"), campos))
        return leidos

    def _hallazgo(self, dicho: dict[str, Any]) -> dict[str, Any]:
        sector = str(dicho.get("hallazgo_sector") or "")
        if sector and sector not in self.sectores:
            raise valores.ValorInvalido(f"«{sector[:40]}» no es un sector.", "Use el formulario de ahora.")
        texto = valores.texto(dicho.get("texto"), 1000)
        if not texto:
            raise valores.ValorInvalido("no dice qué halló.", "Escríbalo.")
        return {
            "tipo": valores.uno_de(dicho.get("tipo"), {t: t for t in TipoDeHallazgo.values}) or "problema",
            "texto": texto,
            "sector_id": self.sectores[sector].pk if sector else None,
            "grupo": valores.uno_de(dicho.get("hallazgo_grupo"), {g: g for g in Grupo.values}) or Grupo.COMUNIDAD.value,
            "puesto": valores.entero(dicho.get("hallazgo_puesto"), minimo=1, maximo=1000),
        }


def _solo_dia(valor: Any) -> Any:
    """A date that came with its hour and zone is its day."""
    return valor[:10] if isinstance(valor, str) and re.match(r"\d{4}-\d\d-\d\dT", valor) else valor


def _forma(demanda: dict[str, Any]) -> BaseGeometry | None:
    """The place that was marked: «lat lon alt acc», several of them with «;» between, or GeoJSON."""
    for campo in LUGARES:
        valor = demanda.get(campo)
        if valor in (None, ""):
            continue
        if isinstance(valor, dict):
            return shapely.force_2d(_de_geojson(valor))
        vertices = [_vertice(v) for v in str(valor).split(";") if v.strip()]
        if campo == "punto":
            return shapely.Point(vertices[0])
        if len(vertices) < (2 if campo == "linea" else 3):
            raise valores.ValorInvalido("el trazo tiene muy pocos puntos.", "Márquelo de nuevo.")
        return shapely.LineString(vertices) if campo == "linea" else shapely.Polygon(vertices)
    return None


def _vertice(escrito: str) -> tuple[float, float]:
    try:
        latitud, longitud, *_resto = map(float, escrito.split())
    except ValueError as e:
        raise valores.ValorInvalido(f"«{escrito.strip()[:40]}» no es un lugar.", "Se espera «lat lon alt acc».") from e
    return longitud, latitud


def _de_geojson(valor: dict[str, Any]) -> BaseGeometry:
    try:
        return shapely.geometry.shape(valor)
    except Exception as e:
        raise valores.ValorInvalido("el lugar no se entiende.", "Márquelo de nuevo.") from e
