"""Import of demands from a table: read and compare (`planear`), then store in one transaction (`escribir`)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.db import transaction

from demandas.models import Demanda, EstadoDemanda, Grupo, Rango
from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla, geometria_en_columnas, opciones_de
from territorio.importacion.tabla import Celdas
from territorio.importacion.unidades import Buscador
from territorio.localizacion import analizar, localizar
from territorio.models import UnidadTerritorial
from territorio.models.localizacion import GEOMETRIAS

RANGOS = {
    "puesto_acordado": Grupo.COMUNIDAD,
    "puesto_mujeres": Grupo.MUJERES,
    "puesto_hombres": Grupo.HOMBRES,
    "puesto_jovenes": Grupo.JOVENES,
    "puesto_adultos": Grupo.ADULTOS,
    "puesto_adultos_mayores": Grupo.ADULTOS_MAYORES,
}
DESTINOS: dict[str, tuple[str, ...]] = {
    "codigo": ("cod", "id demanda"),
    "titulo": ("demanda", "nombre"),
    "descripcion": ("detalle",),
    "sector": ("programa",),
    "unidad": ("comunidad", "otb", "proponente"),
    "nivel": (),
    "lat": ("latitud", "y"),
    "lon": ("longitud", "lng", "x"),
    "wkt": ("geometria", "geom"),
    "grupo": (),
    "mujeres": ("beneficiarias mujeres",),
    "hombres": ("beneficiarios hombres",),
    **dict.fromkeys(RANGOS, ()),
    "costo_estimado": ("costo", "monto"),
    "estado": (),
    "fecha": (),
    "municipio": (),
}
CAMPOS = (
    "titulo", "descripcion", "proponente_id", "sector_id", "grupo", "beneficiarias_mujeres", "beneficiarios_hombres",
    "costo_estimado", "estado", "fecha", "punto", "linea", "poligono",
)  # fmt: skip


@dataclass
class FilaDemanda:
    numero: int
    codigo: str
    campos: dict[str, Any]
    rangos: dict[str, int] = field(default_factory=dict)
    existente: Demanda | None = None


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    filas: list[FilaDemanda] = field(default_factory=list)


def planear(pedido: PedidoTabla, *, simulado: bool = False) -> Plan:
    """Read the file, check each row, and compare with what is stored. Writes nothing."""
    plan = Plan(Informe("Importación de demandas", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla, campos = comun.abrir_tabla(pedido, informe, DESTINOS, obligatorio="titulo", que="dice la demanda")
    if not informe.aceptable:
        return plan
    lector = _Lector(pedido, plan, Buscador(plan.municipio, informe, nivel))
    filas = [lector.fila(Celdas(fila, campos, informe)) for fila in tabla.filas]
    if informe.aceptable:
        _comparar(filas, plan, publicar=pedido.publicar)
    return plan


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan's demands and ranks, and place them; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    fuente = pedido.fuente or plan.informe.archivo
    nuevas = [f for f in plan.filas if f.existente is None]
    cambiadas = [f for f in plan.filas if f.existente is not None]
    objetos = [
        Demanda(municipio=plan.municipio, codigo=f.codigo, publicada=pedido.publicar, fuente=fuente, **f.campos)
        for f in nuevas
    ]
    Demanda.objects.bulk_create(objetos, batch_size=1000)
    for fila, objeto in zip(nuevas, objetos, strict=True):
        fila.existente = objeto
    for fila in cambiadas:
        for campo, valor in fila.campos.items():
            setattr(fila.existente, campo, valor)
        # A load may publish a draft; what the public has seen it never takes back.
        fila.existente.publicada = fila.existente.publicada or pedido.publicar
    if cambiadas:
        Demanda.objects.bulk_update([f.existente for f in cambiadas], [*CAMPOS, "publicada"], batch_size=500)
    tocadas = [f.existente.pk for f in plan.filas]
    Rango.objects.filter(demanda__in=tocadas).delete()
    Rango.objects.bulk_create(
        [Rango(demanda=f.existente, grupo=g, puesto=p) for f in plan.filas for g, p in f.rangos.items()],
        batch_size=1000,
    )
    localizar(Demanda.objects.filter(pk__in=tocadas))
    analizar(Rango)
    plan.informe.escrito = True


class _Lector:
    """Turns one row after the other into fields, and remembers which codes the file has used."""

    def __init__(self, pedido: PedidoTabla, plan: Plan, buscador: Buscador) -> None:
        self.pedido, self.plan, self.buscador = pedido, plan, buscador
        self.sectores = comun.sectores_por_codigo()
        self.nombres_de_sector = comun.sectores_por_nombre() | pedido.equivalencias("sector")
        self.grupos = (
            opciones_de(Grupo) | {"todos": Grupo.COMUNIDAD.value, "jóvenes": "jovenes"} | pedido.equivalencias("grupo")
        )
        self.estados = opciones_de(EstadoDemanda) | pedido.equivalencias("estado")
        self.usados: set[str] = set()

    def fila(self, celdas: Celdas) -> FilaDemanda:
        numero = celdas.fila.numero
        if celdas.tiene("municipio"):
            comun.exigir_municipio(celdas, self.plan.municipio)
        titulo = celdas.leer("titulo", valores.texto, 300) or ""
        if not titulo and not celdas.tiene("titulo"):
            celdas.error("titulo", valores.ValorInvalido("la demanda no tiene título.", "Diga qué se pide."))
        geom = celdas.lugar(self.pedido.lectura.caja)
        sector = celdas.leer("sector", valores.uno_de, self.nombres_de_sector)
        unidad = self.buscador.hallar(
            celdas.crudo("unidad"),
            celdas.crudo("nivel") if celdas.tiene("unidad") else None,
            fila=numero,
            campo=celdas.campos.get("unidad", "unidad"),
        )
        grupo = celdas.leer("grupo", valores.uno_de, self.grupos) or Grupo.COMUNIDAD.value
        campos = {
            "titulo": titulo,
            "descripcion": celdas.leer("descripcion", valores.texto, 5000) or "",
            "proponente_id": unidad.pk if unidad else None,
            "sector_id": self.sectores[sector].pk if sector else None,
            "grupo": grupo,
            "beneficiarias_mujeres": celdas.leer("mujeres", valores.entero),
            "beneficiarios_hombres": celdas.leer("hombres", valores.entero),
            "costo_estimado": celdas.leer("costo_estimado", valores.dinero),
            "estado": celdas.leer("estado", valores.uno_de, self.estados) or EstadoDemanda.REGISTRADA.value,
            "fecha": celdas.leer("fecha", valores.fecha),
            **geometria_en_columnas(geom),
        }
        rangos = {g.value: p for d, g in RANGOS.items() if (p := celdas.leer(d, valores.entero, maximo=1000, minimo=1))}
        codigo = celdas.leer("codigo", valores.texto, 70) or comun.codigo_de_contenido(
            "D", titulo, celdas.crudo("unidad"), grupo, shapely.to_wkb(geom) if geom is not None else ""
        )
        if codigo in self.usados:
            self.plan.informe.aviso(
                f"«{codigo}» ya está antes en el archivo; se carga como otra demanda.",
                "Si es la misma, quite una de las filas.",
                fila=numero,
                campo=celdas.campos.get("codigo"),
                codigo="codigo_repetido",
            )
        return FilaDemanda(numero, comun.codigo_unico(codigo, self.usados), campos, rangos)


def _comparar(filas: list[FilaDemanda], plan: Plan, *, publicar: bool) -> None:
    """Keep what is new or differs; count the rest."""
    guardadas = {
        d.codigo: d
        for d in Demanda.objects.filter(
            municipio=plan.municipio, codigo__in=[f.codigo for f in filas]
        ).prefetch_related("rangos")
    }
    cuentas = Counter()
    for fila in filas:
        fila.existente = guardadas.get(fila.codigo)
        if fila.existente is None:
            cuentas["nuevas"] += 1
        elif _difiere(fila) or (publicar and not fila.existente.publicada):
            cuentas["cambiadas"] += 1
        else:
            cuentas["iguales"] += 1
            continue
        plan.filas.append(fila)
    plan.informe.cuentas |= {clave: cuentas[clave] for clave in ("nuevas", "cambiadas", "iguales")}
    plan.informe.cuentas["con_geometria_propia"] = sum(1 for f in filas if any(f.campos[c] for c in GEOMETRIAS))


def _difiere(fila: FilaDemanda) -> bool:
    demanda = fila.existente
    return any(getattr(demanda, campo) != fila.campos[campo] for campo in CAMPOS) or fila.rangos != {
        r.grupo: r.puesto for r in demanda.rangos.all()
    }
