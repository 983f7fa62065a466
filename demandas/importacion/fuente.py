"""The file somebody brings, whatever its kind: a table with headers, or the submissions of our mobile form."""

from dataclasses import dataclass, field
from uuid import UUID

from demandas.importacion.campos import DESTINOS
from demandas.importacion.plan import FilaHallazgo, Plan
from demandas.odk import lectura
from demandas.odk.envios import EnvioIlegible, leer_envios
from territorio.importacion import pedido_tabla as comun
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.importacion.tabla import BYTES_MAXIMOS, Tabla

HOJA = "Demandas"


@dataclass
class Entrada:
    """Rows and which column is which field; of submissions, also what the communities found, and by row which of it."""

    tabla: Tabla
    campos: dict[str, str]
    hallazgos: list[FilaHallazgo] = field(default_factory=list)
    hallazgos_de: dict[int, tuple[UUID, ...]] = field(default_factory=dict)


def abrir(pedido: PedidoTabla, plan: Plan) -> Entrada:
    """Read the file; what is wrong with it goes to the report."""
    if pedido.archivo.is_file() and pedido.archivo.stat().st_size <= BYTES_MAXIMOS:
        try:
            envios = leer_envios(pedido.archivo)
        except EnvioIlegible as e:
            plan.informe.error(str(e), e.remedio, codigo="envios_ilegibles")
            return Entrada(Tabla(), {})
        if envios:
            if lectura.es_de_otro(envios, plan):
                return Entrada(Tabla(), {})
            return Entrada(*lectura.a_tabla(envios, plan))
    return Entrada(
        *comun.abrir_tabla(pedido, plan.informe, DESTINOS, obligatorio="titulo", que="dice la demanda", hoja=HOJA)
    )
