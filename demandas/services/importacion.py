"""Import of demands from a file: read and compare (`planear`), then store in one transaction (`escribir`)."""

from collections import Counter
from typing import Any

from django.db import transaction

from demandas.importacion import fuente, reglas
from demandas.importacion.campos import CAMPOS, LUGAR
from demandas.importacion.lector import Lector
from demandas.importacion.plan import CAMBIADA, CON_ERROR, IGUAL, NUEVA, FilaDemanda, Plan
from demandas.models import (
    BeneficiariosPorEdad,
    Demanda,
    DemandaHallazgo,
    EstadoDemanda,
    Hallazgo,
    PasoDeDemanda,
    Rango,
)
from demandas.services.flujo import CON_MOTIVO
from territorio.importacion import pedido_tabla as comun
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.importacion.tabla import Celdas
from territorio.importacion.unidades import Buscador
from territorio.localizacion import analizar, localizar
from territorio.models.localizacion import GEOMETRIAS

_SIN_MOTIVO = "La planilla de la que vino no dice por qué."


def planear(pedido: PedidoTabla, *, simulado: bool = False) -> Plan:
    """Read the file, check each row, and compare with what is stored. Writes nothing.

    Within a transaction, the stored demands that the file names stay locked until its end.
    """
    plan = Plan(Informe("Importación de demandas", pedido.nombre, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    entrada = fuente.abrir(pedido, plan)
    if informe.rechazado_entero or not entrada.campos:
        return plan
    lector = Lector(pedido, plan, Buscador(plan.municipio, informe, nivel), set(entrada.campos))
    for leida in entrada.tabla.filas:
        celdas = Celdas(leida, entrada.campos, informe)
        if lector.es_ejemplo(celdas):
            informe.cuentas["de_ejemplo"] = informe.cuentas.get("de_ejemplo", 0) + 1
            continue
        fila = lector.fila(celdas)
        fila.hallazgos = entrada.hallazgos_de.get(leida.numero, ())
        plan.leidas.append(fila)
    if not plan.leidas and informe.aceptable:
        informe.error("el archivo no tiene ninguna demanda.", "Llene al menos una fila.", codigo="sin_filas")
    _comparar(plan, publicar=pedido.publicar)
    _hallazgos(plan, entrada.hallazgos)
    reglas.revisar([f for f in plan.leidas if f.estado != CON_ERROR], plan)
    reglas.proponer_sectores(plan)
    informe.filas = [_fila_del_informe(f) for f in plan.leidas]
    return plan


def _fila_del_informe(fila: FilaDemanda) -> dict[str, Any]:
    return {
        "numero": fila.numero,
        "codigo": fila.codigo,
        "titulo": fila.campos["titulo"],
        "unidad": fila.nombres.get("proponente_id", ""),
        "sector": fila.nombres.get("sector_id", ""),
        "grupo": fila.campos["grupo"],
        "demanda": fila.existente.pk if fila.existente else None,
        "estado": fila.estado,
        "cambios": fila.cambios,
    }


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla, *, por=None) -> None:
    """Store what the plan holds, and place it; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    origen = pedido.fuente or plan.informe.archivo
    nuevas = [f for f in plan.filas if f.existente is None]
    cambiadas = [f for f in plan.filas if f.existente is not None]
    objetos = [
        Demanda(
            municipio=plan.municipio, codigo=f.codigo, publicada=pedido.publicar, fuente=origen, envio=f.envio,
            registrada_por=por, **f.campos,
        )
        for f in nuevas
    ]  # fmt: skip
    Demanda.objects.bulk_create(objetos, batch_size=1000)
    for fila, objeto in zip(nuevas, objetos, strict=True):
        fila.existente = objeto
    for fila in cambiadas:
        for campo in fila.presentes:
            setattr(fila.existente, campo, fila.campos[campo])
        # A load may publish a draft; what the public has seen it never takes back.
        fila.existente.publicada = fila.existente.publicada or pedido.publicar
    if cambiadas:
        # Only what the file speaks of: the rest may have changed since it was read.
        dichos = set().union(*(f.presentes for f in cambiadas))
        Demanda.objects.bulk_update(
            [f.existente for f in cambiadas], [*(c for c in CAMPOS if c in dichos), "publicada"], batch_size=500
        )
    _escribir_pasos(nuevas, por=por, origen=origen)
    _escribir_partes(plan.filas)
    _escribir_hallazgos(plan, pedido)
    localizar(Demanda.objects.filter(pk__in=[f.existente.pk for f in plan.filas]))
    analizar(Rango, BeneficiariosPorEdad)
    plan.informe.escrito = True


def _escribir_pasos(nuevas: list[FilaDemanda], *, por, origen: str) -> None:
    """Where the file says that each new demand has come, and why; it never moves one that is stored."""
    PasoDeDemanda.objects.bulk_create(
        [
            PasoDeDemanda(
                demanda=f.existente,
                hacia=f.existente.estado,
                motivo=f.motivo or (_SIN_MOTIVO if f.existente.estado in CON_MOTIVO else ""),
                referencia=origen[:200],
                por=por,
            )
            for f in nuevas
            if f.existente.estado != EstadoDemanda.REGISTRADA
        ],
        batch_size=1000,
    )


def _escribir_partes(filas: list[FilaDemanda]) -> None:
    """Ranks and ages, of the groups that the file has a column for."""
    tocadas = [f.existente.pk for f in filas]
    grupos = {g for f in filas for g in f.rangos}
    Rango.objects.filter(demanda__in=tocadas, grupo__in=grupos).delete()
    Rango.objects.bulk_create(
        [Rango(demanda=f.existente, grupo=g, puesto=p) for f in filas for g, p in f.rangos.items() if p is not None],
        batch_size=1000,
    )
    if any(f.edades for f in filas):
        BeneficiariosPorEdad.objects.filter(demanda__in=tocadas).delete()
        BeneficiariosPorEdad.objects.bulk_create(
            [
                BeneficiariosPorEdad(demanda=f.existente, sexo=sexo, grupo_edad=edad, personas=n)
                for f in filas
                for (sexo, edad), n in f.edades.items()
                if n is not None
            ],
            batch_size=1000,
        )


def _escribir_hallazgos(plan: Plan, pedido: PedidoTabla) -> None:
    Hallazgo.objects.bulk_create(
        [
            Hallazgo(municipio=plan.municipio, envio=h.envio, publicado=pedido.publicar, **h.campos)
            for h in plan.hallazgos
        ],
        batch_size=1000,
    )
    mentados = {envio for f in plan.filas for envio in f.hallazgos}
    por_envio = dict(Hallazgo.objects.filter(envio__in=mentados).values_list("envio", "pk"))
    DemandaHallazgo.objects.bulk_create(
        [
            DemandaHallazgo(demanda=f.existente, hallazgo_id=por_envio[envio])
            for f in plan.filas
            for envio in f.hallazgos
            if envio in por_envio
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )


def _hallazgos(plan: Plan, leidos: list) -> None:
    """Keep the findings that are not stored yet."""
    guardados = set(Hallazgo.objects.filter(envio__in=[h.envio for h in leidos]).values_list("envio", flat=True))
    plan.hallazgos = [h for h in leidos if h.envio not in guardados]
    _soltar_puestos(plan)
    if leidos:
        plan.informe.cuentas["hallazgos_nuevos"] = len(plan.hallazgos)


def _soltar_puestos(plan: Plan) -> None:
    """A place that a group gave already to another finding stays with that one."""
    campos = ("unidad_id", "evento_id", "grupo", "tipo", "puesto")
    unidades = {h.campos["unidad_id"] for h in plan.hallazgos}
    tomados = set(Hallazgo.objects.filter(unidad__in=unidades, puesto__isnull=False).values_list(*campos))
    for hallazgo in plan.hallazgos:
        clave = tuple(hallazgo.campos[c] for c in campos)
        if hallazgo.campos["puesto"] is not None and clave in tomados:
            hallazgo.campos["puesto"] = None
            plan.informe.aviso(
                f"el puesto {clave[-1]} ya lo tiene otro hallazgo; «{hallazgo.campos['texto'][:60]}» se carga sin puesto.",
                "Corríjalo después en el autodiagnóstico de esa comunidad.",
                codigo="puesto_repetido",
            )
        tomados.add(clave)


def _comparar(plan: Plan, *, publicar: bool) -> None:
    """Keep what is new or differs; count the rest."""
    con_error = plan.informe.filas_con_error
    por_codigo, por_envio = _guardadas(plan)
    cuentas = Counter()
    for fila in plan.leidas:
        fila.existente = por_envio.get(fila.envio) if fila.envio else por_codigo.get(fila.codigo)
        _dejar_su_estado(fila, plan)
        fila.estado = CON_ERROR if fila.numero in con_error else _estado(fila, publicar=publicar)
        if fila.existente is not None and fila.existente.estado == EstadoDemanda.UNIDA and fila.estado == CAMBIADA:
            fila.estado = IGUAL
            plan.informe.aviso(
                f"{fila.existente.codigo} está unida a otra demanda; la fila no la cambia.",
                "Cambie la que quedó, o sepárelas antes.",
                fila=fila.numero,
                codigo="ya_unida",
            )
        cuentas[fila.estado] += 1
        if fila.estado in {NUEVA, CAMBIADA}:
            plan.filas.append(fila)
    plan.informe.cuentas |= {"nuevas": cuentas[NUEVA], "cambiadas": cuentas[CAMBIADA], "iguales": cuentas[IGUAL]}
    plan.informe.cuentas["con_geometria_propia"] = sum(1 for f in plan.leidas if any(f.campos[c] for c in GEOMETRIAS))


def _dejar_su_estado(fila: FilaDemanda, plan: Plan) -> None:
    """A demand that is stored moves along its way by who may, with a reason: no file takes it forth or back."""
    if fila.existente is None or "estado" not in fila.presentes:
        return
    fila.presentes -= {"estado"}
    dicho = fila.campos["estado"]
    if dicho != fila.existente.estado and fila.envio is None:
        plan.informe.aviso(
            f"el archivo dice «{EstadoDemanda(dicho).label}» y la demanda está "
            f"«{fila.existente.get_estado_display()}»: su estado no cambia.",
            "Si corresponde, dé el paso en la página de la demanda.",
            fila=fila.numero,
            campo="estado",
            codigo="estado_no_cambia",
        )


def _guardadas(plan: Plan) -> tuple[dict, dict]:
    """What is stored of the file's demands, by code and by the submission that brought it."""
    propias = (
        Demanda.objects.filter(municipio=plan.municipio)
        .select_related("proponente", "sector", "evento")
        .prefetch_related("rangos", "beneficiarios_por_edad")
        .order_by("pk")
    )
    if transaction.get_connection().in_atomic_block:
        propias = propias.select_for_update(of=("self",), no_key=True)
    por_codigo = {d.codigo: d for d in propias.filter(codigo__in=[f.codigo for f in plan.leidas if not f.envio])}
    por_envio = {d.envio: d for d in propias.filter(envio__in=[f.envio for f in plan.leidas if f.envio])}
    return por_codigo, por_envio


def _estado(fila: FilaDemanda, *, publicar: bool) -> str:
    if fila.existente is None:
        return NUEVA
    if fila.envio is not None:
        return IGUAL  # sent once, it is corrected here and not by sending it again
    fila.cambios = _cambios(fila)
    if publicar and not fila.existente.publicada:
        fila.cambios["publicada"] = ["no", "sí"]
    return CAMBIADA if fila.cambios else IGUAL


def _cambios(fila: FilaDemanda) -> dict[str, list[str]]:
    """By field, what was and what would be, in words."""
    demanda = fila.existente
    cambios = {
        campo: [_en_palabras(demanda, campo, getattr(demanda, campo)), _en_palabras(fila, campo, fila.campos[campo])]
        for campo in sorted(fila.presentes)
        if getattr(demanda, campo) != fila.campos[campo]
    }
    rangos = {r.grupo: r.puesto for r in demanda.rangos.all()}
    for grupo, puesto in fila.rangos.items():
        if rangos.get(grupo) != puesto:
            cambios[f"puesto_{grupo}"] = [str(rangos.get(grupo) or ""), str(puesto or "")]
    edades = {(b.sexo, b.grupo_edad): b.personas for b in demanda.beneficiarios_por_edad.all()}
    for (sexo, edad), personas in fila.edades.items():
        if edades.get((sexo, edad)) != personas:
            cambios[f"{sexo}_{edad}"] = [str(edades.get((sexo, edad), "")), "" if personas is None else str(personas)]
    return cambios


def _en_palabras(de: Demanda | FilaDemanda, campo: str, valor: Any) -> str:
    if campo in LUGAR:
        return "" if valor is None else f"{valor.geom_type} ({valor.centroid.y:.5f}; {valor.centroid.x:.5f})"
    if campo.endswith("_id"):
        return de.nombres.get(campo, "") if isinstance(de, FilaDemanda) else str(getattr(de, campo[:-3]) or "")
    return "" if valor is None else str(valor)[:200]
