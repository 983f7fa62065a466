"""What the workbench's page is told: the set as columns, what is chosen, and the answer that the server worked out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

from demandas import razones
from demandas.mesa.conjunto import Conjunto, demandas_de, reunir
from demandas.mesa.corrida import DIEZMILESIMAS, EN_VIVO, Corrida, columnas_de, correr
from demandas.mesa.montos import en_bs
from demandas.mesa.pedido import ESTADOS, VOTANTES, Pedido, leer_pedido
from demandas.models import Demanda, Grupo, Normalizacion, Regla, Sentido
from demandas.priorizacion import NoSePuedePriorizar
from demandas.services.priorizacion import AL_MOMENTO, SEGUNDOS_DE_ESPERA, palabras
from mapas import geometrias
from mapas.nombres import en_su_idioma
from mapas.priorizacion.hojas import hoja_de_vista
from mapas.priorizacion.lugares import lugares
from territorio.models import Sector, UnidadTerritorial

SIN_DATO = -1
# Where nobody says how much there is: a third of what is asked, in round figures, said to be so.
PARTE_INICIAL, REDONDEO = 3, 100_000_00
COLORES = (
    "#0b6e74", "#d95f02", "#7570b3", "#b3457a", "#5b8c1e", "#a6761d", "#1f78b4", "#8b6d9c", "#666666", "#c2452d",
    "#3d7d5c", "#7a5230",
)  # fmt: skip


@dataclass(frozen=True)
class Mesa:
    """The workbench as one reader sees it: what was asked, the set, and the result or why there is none."""

    pedido: Pedido
    conjunto: Conjunto
    corrida: Corrida | None
    errores: Mapping[str, str]
    techo_supuesto: bool
    espera: bool  # too large for its rule to be computed while the reader waits

    @property
    def frase(self) -> str:
        return hoja_de_vista(self.corrida, self.pedido.regla).frase if self.corrida else frase_sin_resultado(self)


def poner_mesa(datos: Mapping[str, str], municipio: UnidadTerritorial, usuario) -> Mesa:
    """Read what an address asks and answer it, with what `usuario` may see."""
    pedido = leer_pedido(datos, municipio)
    conjunto = reunir(pedido, usuario, con_votos=Regla.PARTES_IGUALES in (pedido.regla, pedido.contra))
    supuesto = not pedido.techo and "techo" not in pedido.errores
    if supuesto:
        pedido = pedido.con(techo=techo_para_empezar(conjunto))
    errores = dict(pedido.errores)
    espera = pedido.regla not in EN_VIVO and len(conjunto.filas) > AL_MOMENTO
    corrida = None
    if not errores and not espera:
        corrida, error = intentar(pedido, conjunto, pedido.regla)
        errores |= error
    return Mesa(pedido, conjunto, corrida, errores, supuesto, espera)


def intentar(pedido: Pedido, conjunto: Conjunto, regla: str) -> tuple[Corrida | None, dict[str, str]]:
    """Run a rule; where it cannot be, the field that is amiss and why."""
    try:
        return correr(pedido, conjunto, regla=regla, segundos=SEGUNDOS_DE_ESPERA), {}
    except NoSePuedePriorizar as error:
        campo, frase = razones.por_que_no(error, palabras(conjunto))
        return None, {campo: frase}


def techo_para_empezar(conjunto: Conjunto) -> int:
    total = sum(fila.costo or 0 for fila in conjunto.filas) // PARTE_INICIAL
    return max(total - total % REDONDEO, REDONDEO)


# --- sentences --------------------------------------------------------------------------------------------------------
def frase_sin_resultado(mesa: Mesa) -> str:
    if mesa.espera:
        return _("Son %(n)s demandas: esta regla se calcula aparte. Guarde la corrida y siga su avance.") % {
            "n": number_format(len(mesa.conjunto.filas), force_grouping=True)
        }
    return next(iter(mesa.errores.values()), _("No hay qué ordenar todavía."))


# --- the page ---------------------------------------------------------------------------------------------------------
def contexto(mesa: Mesa, usuario) -> dict[str, Any]:
    pedido = mesa.pedido
    return {
        "mesa": mesa,
        "pedido": pedido,
        "municipio": pedido.municipio,
        "techo": pedido.crudos.get("techo") or en_bs(pedido.techo, con_bs=False),
        "filtros": filtros(pedido, usuario),
        "reglas": [(valor, etiqueta, valor == pedido.regla) for valor, etiqueta in Regla.choices],
        "votantes": [(valor, etiqueta, valor == pedido.votantes) for valor, etiqueta in VOTANTES.items()],
        "criterios": criterios(mesa),
        "distritos": [
            {
                "d": d,
                "piso": en_bs(pedido.pisos[d.pk], con_bs=False) if d.pk in pedido.pisos else "",
                "tope": en_bs(pedido.topes[d.pk], con_bs=False) if d.pk in pedido.topes else "",
            }
            for d in mesa.conjunto.distritos
        ],
        "incompatibles": "\n".join(f"{a} ~ {b}" for a, b in pedido.incompatibles),
        "requeridas": "\n".join(f"{a} ~ {b}" for a, b in pedido.requeridas),
        "con_limites": bool(pedido.pisos or pedido.topes or pedido.incompatibles or pedido.requeridas)
        or bool({"pisos", "pares", "incompatibles", "requeridas", "topes"} & set(mesa.errores)),
        "primeras": primeras(mesa.corrida),
        "rotulos": json.dumps(rotulos(), ensure_ascii=False),
        "resumen": mesa.corrida.resumen if mesa.corrida else None,
        "conservacion": demandas_de(pedido, usuario).conservacion(pedido.nivel, pedido.municipio)
        if pedido.nivel
        else None,
    }


def filtros(pedido: Pedido, usuario) -> list[dict[str, Any]]:
    """The choices that make the set."""
    lugares_ = UnidadTerritorial.objects.filter(municipio=pedido.municipio, nivel=pedido.nivel).vigentes()
    unidades = [("", _("Todo el municipio"), pedido.unidad is None)]
    unidades += [(str(u.pk), u.nombre, pedido.unidad == u) for u in lugares_.order_by("codigo")]
    if pedido.unidad and pedido.unidad not in lugares_:
        unidades.append((str(pedido.unidad.pk), pedido.unidad.nombre, True))
    sectores = Sector.objects.filter(
        pk__in=Demanda.objects.visibles_para(usuario).del_municipio(pedido.municipio).order_by().values("sector")
    ).order_by("codigo")
    dichos = {s.codigo: en_su_idioma(s.nombre) for s in sectores}
    return [
        {"clave": "unidad", "etiqueta": _("Territorio"), "opciones": unidades},
        {
            "clave": "sector",
            "etiqueta": _("Sector"),
            "opciones": [("", _("Todos los sectores"), not pedido.sector)]
            + [(codigo, nombre, codigo == pedido.sector) for codigo, nombre in dichos.items()],
        },
        {
            "clave": "estado",
            "etiqueta": _("Demandas"),
            "opciones": [(clave, etiqueta, clave == pedido.estado) for clave, (etiqueta, _e) in ESTADOS.items()],
        },
        {
            "clave": "grupo",
            "etiqueta": _("Quién pide"),
            "opciones": [("", _("Todos los grupos"), not pedido.grupo)]
            + [(valor, str(etiqueta), valor == pedido.grupo) for valor, etiqueta in Grupo.choices],
        },
    ]


def criterios(mesa: Mesa) -> list[dict[str, Any]]:
    """Each criterion with its slider: weight, colour of its part of the score, and how its values become points."""
    columnas = columnas_de(mesa.conjunto) if mesa.conjunto.filas else {}
    return [
        {
            "criterio": criterio,
            "nombre": en_su_idioma(criterio.nombre),
            "peso": mesa.pedido.pesos.get(criterio.clave, 0),
            "numero": i % len(COLORES),
            "sentido": Sentido(criterio.sentido).label,
            "normalizacion": Normalizacion(criterio.normalizacion).label,
            "faltan": columnas[criterio.clave].faltan if criterio.clave in columnas else 0,
            "todas": len(mesa.conjunto.filas),
        }
        for i, criterio in enumerate(mesa.pedido.criterios)
    ]


def primeras(corrida: Corrida | None, cuantas: int = 100) -> list[dict[str, Any]]:
    """The first of the list in words, for who reads without script."""
    if corrida is None:
        return []
    dichas = palabras(corrida.conjunto)
    fases = {paso.clave: paso.fase for paso in corrida.resultado.pasos}
    return [
        {
            "puesto": puesto,
            "fila": fila,
            "entra": fila.pk in corrida.dentro,
            "puntaje": corrida.puntajes[fila.pk],
            "costo": en_bs(fila.costo) if fila.costo else "",
            "por_que": razones.por_que(corrida.resultado.razones[fila.pk], dichas, fases.get(fila.pk)),
        }
        for puesto, fila in enumerate(corrida.orden[:cuantas], 1)
    ]


def datos(mesa: Mesa) -> dict[str, Any]:
    """What the browser computes and draws with: columns, not rows, so that 2,000 demands are light."""
    pedido, filas = mesa.pedido, mesa.conjunto.filas
    donde = lugares(fila.pk for fila in filas)
    numeros = {d.pk: i for i, d in enumerate(mesa.conjunto.distritos)}
    columnas = columnas_de(mesa.conjunto) if filas else {}
    resumen = geometrias.resumen(municipio_id=pedido.municipio.pk, nivel_id=pedido.nivel.pk) if pedido.nivel else None
    return {
        "pk": [f.pk for f in filas],
        "codigo": [f.codigo for f in filas],
        "titulo": [f.titulo for f in filas],
        "proponente": [f.proponente for f in filas],
        "costo": [f.costo for f in filas],
        "distrito": [numeros.get(f.distrito, -1) if f.distrito else -1 for f in filas],
        "grupo": [f.grupo for f in filas],
        "lugar": [donde.get(f.pk) for f in filas],
        "distritos": [[d.pk, d.codigo, d.nombre, d.habitantes, d.nbi] for d in mesa.conjunto.distritos],
        "columnas": {clave: enteros(columna) for clave, columna in columnas.items()},
        "criterios": [
            [c.clave, en_su_idioma(c.nombre), COLORES[i % len(COLORES)]] for i, c in enumerate(pedido.criterios)
        ],
        "grupos": {valor: str(etiqueta) for valor, etiqueta in Grupo.choices},
        "iniciales": {c.clave: c.peso for c in pedido.criterios},
        "supuesto": mesa.techo_supuesto,
        "regla": pedido.regla,
        "servidor": resultado(mesa) if pedido.regla not in EN_VIVO else None,
        "en_vivo": list(EN_VIVO),
        "al_momento": AL_MOMENTO,
        "caja": resumen.caja if resumen else None,
        "geometria": f"{reverse('mapas:geometria', args=[pedido.municipio.codigo, pedido.nivel.codigo])}?v={resumen.version}"
        if resumen and pedido.nivel
        else "",
        "base": settings.MINKA_MAPA_BASE,
        "credito": settings.MINKA_MAPA_BASE_CREDITO,
        "rutas": {
            "resultado": reverse("mapas:priorizacion-resultado"),
            "falta": reverse("mapas:priorizacion-falta"),
            "comparar": reverse("mapas:priorizacion-comparar"),
            "xlsx": reverse("mapas:priorizacion-xlsx"),
            "demanda": reverse("paginas:demanda", args=[0]),
        },
        "numeros": {"decimal": get_format("DECIMAL_SEPARATOR"), "miles": get_format("THOUSAND_SEPARATOR")},
        "textos": textos(),
    }


def enteros(columna) -> list[int]:
    return [
        SIN_DATO if falta else round(valor * DIEZMILESIMAS)
        for valor, falta in zip(columna.valores.tolist(), columna.sin_dato.tolist(), strict=True)
    ]


def resultado(mesa: Mesa) -> dict[str, Any]:
    """What the rule chose, for the browser to show as it shows what it computes itself."""
    if mesa.corrida is None:
        return {"error": mesa.frase, "espera": mesa.espera}
    fases = {paso.clave: paso.fase for paso in mesa.corrida.resultado.pasos}
    return {
        "razones": {pk: razones.guardada(razon, fases.get(pk)) for pk, razon in mesa.corrida.resultado.razones.items()},
        "optimo": mesa.corrida.resultado.optimo,
    }


def rotulos() -> dict[str, str]:
    """What the totals are called."""
    return {
        "gini": _("Desigualdad entre distritos (Gini, 0 es parejo)"),
        "tercio": _("Va al tercio más pobre"),
        "distritos": _("Lo que recibe cada distrito"),
        "distrito": _("Distrito"),
        "entran": _("Entran"),
        "por_habitante": _("Bs por habitante"),
        "grupos": _("Del dinero, lo que pidió cada grupo"),
    }


def textos() -> dict[str, Any]:
    return razones.plantillas() | {
        "frase": _("Con %(bs)s entran %(n)s de %(todas)s demandas"),
        "frase_una": _("Con %(bs)s entra %(n)s de %(todas)s demandas"),
        "distritos": _("; %(n)s de %(todos)s distritos reciben algo"),
        "distritos_uno": _("; %(n)s de %(todos)s distritos recibe algo"),
        "entra": _("entra"),
        "fuera": _("no entra"),
        "linea": _("Hasta aquí alcanza: %(gastado)s; sobran %(queda)s"),
        "sin_dato": _("sin dato"),
        "puntos": _("%(n)s puntos"),
        "por_habitante": _("%(bs)s por habitante"),
        "sin_distrito": _("fuera de los distritos"),
        "monto_ilegible": _("No es un monto. Escríbalo así: 2.400.000,50"),
        "par_desconocido": _("La demanda «%(codigo)s» no está en este conjunto."),
        "par_ilegible": _("Escriba un par por línea: dos códigos con ~ entre ellos."),
        "calculando": _("Calculando…"),
        "aparte": _("Son muchas demandas para esta regla: guarde la corrida y se calcula aparte."),
        "fallo": _("No se pudo calcular. Revise la conexión y vuelva a intentarlo."),
        "que_falta": _("¿Qué haría falta para que entre?"),
        "basta_una": _("Para que entre basta una de estas:"),
        "nada_basta": _("Ningún cambio por sí solo la hace entrar."),
        "ficha": _("Ver la demanda"),
        "cerrar": _("Cerrar"),
        "contraparte": _("Entra si otros ponen %(bs)s."),
        "juntas": _("%(n)s demandas en este lugar"),
        "acercar": _("Acercar"),
        "alejar": _("Alejar"),
        "todo": _("Ver todo el territorio"),
        "alto": _("Altura del panel: %(altura)s"),
        "baja": _("baja"),
        "media": _("media"),
        "alta": _("alta"),
        "copiado": _("Enlace copiado"),
        "gini": _("Gini"),
        "optimo_no": _("No se pudo probar que sea la mejor: es la mejor hallada a tiempo."),
    }
