"""Import of units and their limits: compare a file that was read with what is stored, and say what would change."""

from __future__ import annotations

from django.conf import settings

from territorio.fechas import hoy
from territorio.importacion import campos as de_campos
from territorio.importacion import comparar, emparejar, padres, sugerencias, topologia
from territorio.importacion.informe import Cancelada, Informe
from territorio.importacion.lector import Lectura, leer
from territorio.importacion.plan import SIN_CAMPO, Avance, FilaUnidad, Pedido, Plan
from territorio.models import Censo, EstadoLimite, Municipio, Nivel, UnidadTerritorial

__all__ = ["SIN_CAMPO", "Avance", "Cancelada", "FilaUnidad", "Pedido", "Plan", "planear"]


def planear(pedido: Pedido, *, simulado: bool = False, avance: Avance | None = None) -> Plan:
    """Read the file, check every row and compare it with the stored units. Writes nothing, raises nothing for bad input.

    `avance(step, percent)` is called between steps and twice a second while the file is read; it may raise Cancelada.
    """
    decir = avance or (lambda _paso, _por_ciento: None)
    plan = Plan(Informe("Importación de límites", pedido.titulo, simulado=simulado))
    plan.desde = pedido.vigente_desde or hoy()
    _resolver_destino(plan, pedido)
    if not plan.informe.aceptable:
        return plan
    decir("Leyendo el archivo", 0)
    lectura = leer(
        pedido.archivo,
        pedido.lectura,
        descomprimidos=settings.MINKA_BYTES_DESCOMPRIMIDOS,
        avance=lambda paso, por_ciento: decir(paso, por_ciento // 2),
    )
    plan.lectura = lectura
    plan.informe.de_lectura(lectura, pedido.omitidas)
    decir("Comparando con lo que está cargado", 50)
    existentes = emparejar.existentes(plan.nivel, plan.municipio, plan.desde)
    superiores = padres.candidatos(plan, pedido)
    plan.informe.sugerencias = sugerencias.de_lectura(lectura, existentes, superiores.unidades)
    if lectura.aceptable or lectura.campos:  # else nothing was understood: its fields are not to blame
        _comparar(plan, pedido, lectura, existentes, superiores, decir)
    plan.sellar(pedido)
    decir("Informe listo", 100)
    return plan


def _comparar(
    plan: Plan,
    pedido: Pedido,
    lectura: Lectura,
    existentes: list[UnidadTerritorial],
    superiores: padres.Superiores,
    decir: Avance,
) -> None:
    informe = plan.informe
    campos = de_campos.resolver(lectura, pedido, informe)
    if informe.rechazado_entero:
        return
    if not lectura.filas:
        informe.error("el archivo no tiene ninguna fila.", "Revise que exportó la capa correcta.", codigo="sin_filas")
        return
    _filas(plan, pedido, lectura, campos)
    _censo(plan, campos, pedido)
    con_codigo = "codigo" in campos.values()
    cargables = [fila for fila in plan.todas if not fila.omitida]
    emparejar.revisar_codigos(cargables, plan.nivel, informe, con_codigo=con_codigo)
    emparejar.revisar_municipio(cargables, plan.municipio, informe)
    emparejar.unir(plan, existentes, con_codigo=con_codigo)
    padres.asignar(_buenas(plan), superiores, plan, pedido)
    buenas = _buenas(plan)
    decir("Buscando superposiciones y huecos", 60)
    tocadas = {fila.unidad.pk for fila in buenas if fila.unidad is not None and fila.es_poligono}
    topologia.revisar(buenas, [u for u in existentes if u.vive and u.pk not in tocadas], plan, pedido)
    decir("Escribiendo el informe", 90)
    comparar.comparar(buenas, existentes, plan, pedido)
    comparar.contar_filas(plan)
    if plan.desde > hoy():
        informe.aviso(
            f"los límites rigen desde el {plan.desde:%d/%m/%Y}; hasta ese día lo demás se ubica con los de hoy.",
            "Ese día ejecute manage.py relocalizar (conviene a diario, por la madrugada).",
            codigo="rige_mas_tarde",
        )


def _filas(plan: Plan, pedido: Pedido, lectura: Lectura, campos: dict[str, str]) -> None:
    """Take every row as a unit; of those left out nothing is said, but they still stand for their units."""
    aparte = Informe("", "")
    con_error = plan.informe.filas_con_error
    for fila in lectura.filas:
        omitida = fila.numero in pedido.omitidas
        nueva = de_campos.fila_de(
            fila,
            campos,
            plan.nivel,
            aparte if omitida else plan.informe,
            pedido,
            ya_dicha=fila.numero in con_error,
        )
        nueva.omitida = omitida
        plan.todas.append(nueva)
    if de_mas := pedido.omitidas - {fila.numero for fila in lectura.filas}:
        plan.informe.aviso(
            f"se pidió omitir filas que el archivo no tiene: {', '.join(map(str, sorted(de_mas)[:10]))}.",
            f"Las filas van de 1 a {len(lectura.filas)}.",
            codigo="omitidas_sin_fila",
        )


def _buenas(plan: Plan) -> list[FilaUnidad]:
    """Rows that would be loaded: neither left out nor refused."""
    con_error = plan.informe.filas_con_error
    return [fila for fila in plan.todas if not fila.omitida and fila.numero not in con_error]


def _resolver_destino(plan: Plan, pedido: Pedido) -> None:
    """Find the level and the municipality named, or say what there is."""
    informe = plan.informe
    plan.nivel = Nivel.objects.filter(codigo=pedido.nivel).first()
    if plan.nivel is None:
        hay = ", ".join(Nivel.objects.values_list("codigo", flat=True))
        informe.error(
            f"no existe el nivel «{pedido.nivel}».",
            f"Use uno de estos: {hay}; o créelo con: manage.py crear_nivel {pedido.nivel} --sobre municipio",
            codigo="nivel_desconocido",
        )
        return
    if pedido.nivel_padre and not Nivel.objects.filter(codigo=pedido.nivel_padre).exists():
        informe.error(
            f"no existe el nivel «{pedido.nivel_padre}».", "Corrija --nivel-padre.", codigo="nivel_desconocido"
        )
    if pedido.estado is not None and pedido.estado not in EstadoLimite.values:
        informe.error(
            f"no existe el estado «{pedido.estado}».", f"Use: {', '.join(EstadoLimite.values)}.", codigo="estado"
        )
    if plan.nivel.es_municipal_o_superior:
        if pedido.municipio:
            informe.error(
                f"un {plan.nivel.nombre} no pertenece a un municipio.", "Quite --municipio.", codigo="municipio_sobra"
            )
        return
    if not pedido.municipio:
        informe.error(
            "falta decir de qué municipio son las unidades.",
            "Agregue --municipio CÓDIGO (INE).",
            codigo="sin_municipio",
        )
        return
    plan.municipio = Municipio.objects.filter(codigo=pedido.municipio).first()
    if plan.municipio is None:
        informe.error(
            f"no está cargado el municipio «{pedido.municipio}».",
            "Cargue primero su límite: manage.py importar_limites ARCHIVO --nivel municipio, o créelo con: "
            f"manage.py crear_municipio {pedido.municipio} NOMBRE",
            codigo="municipio_desconocido",
        )


def _censo(plan: Plan, campos: dict[str, str], pedido: Pedido) -> None:
    """Inhabitants always belong to a census; without `--censo` the newest of the catalogue is taken, and said."""
    if "poblacion" not in campos.values():
        return
    plan.censo = pedido.censo
    if plan.censo is None:
        ultimo = Censo.objects.order_by("-anio").first()
        plan.censo = ultimo.anio if ultimo else plan.desde.year
        plan.informe.aviso(
            f"los habitantes se cargan como del Censo {plan.censo}, el último del catálogo.",
            "Si son de otro censo, dígalo con --censo AÑO.",
            codigo="censo_supuesto",
        )
