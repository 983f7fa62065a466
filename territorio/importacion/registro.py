"""The record of an import while it is written: what it did to each unit, and how that unit stood before."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from cuentas.models import Usuario
from territorio.importacion import filas as filas_del_informe
from territorio.importacion.copia import copiar
from territorio.importacion.limites import FilaUnidad, Pedido, Plan
from territorio.models import CambioImportado, EstadoImportacion, Importacion, Poblacion, UnidadTerritorial

CAMPOS = ("codigo", "nombre", "padre", "categoria", "punto")


def valores(unidad: UnidadTerritorial) -> dict[str, Any]:
    """The fields of a unit that an import may change, ready for JSON; digits of the point are kept to the last."""
    return {
        "codigo": unidad.codigo,
        "nombre": unidad.nombre,
        "padre": unidad.padre_id,
        "categoria": unidad.categoria,
        "punto": list(unidad.punto.coords) if unidad.punto else None,
    }


@dataclass
class Registro:
    """Filled step by step by the writer; `cerrar` stores it."""

    importacion: Importacion
    plan: Plan
    antes: dict[int, dict[str, Any]] = field(default_factory=dict)
    limites: dict[int, int] = field(default_factory=dict)
    denominaciones: dict[int, int] = field(default_factory=dict)
    censados: set[int] = field(default_factory=set)

    @classmethod
    def abrir(cls, plan: Plan, pedido: Pedido, importacion: Importacion | None, por: Usuario | None) -> "Registro":
        """Take the record of the import, or begin one where the file came by another door than the browser."""
        if importacion is None:
            importacion = Importacion.objects.create(
                municipio=plan.municipio,
                nivel=plan.nivel,
                archivo=plan.informe.archivo[:255],
                pedido=pedido.como_dict(),
                huella=plan.huella,
                omitidas=sorted(pedido.omitidas),
                por=por,
            )
        importacion.aceptada_por = por
        return cls(importacion, plan)

    def anotar_antes(self, filas: list[FilaUnidad]) -> None:
        """Before anything is written: the values that these rows will change."""
        for fila in filas:
            previos = valores(fila.unidad)
            self.antes[fila.unidad.pk] = {campo: previos[campo] for campo in CAMPOS if campo in fila.cambios}

    @property
    def nombres_de_antes(self) -> dict[int, str]:
        return {pk: previo["nombre"] for pk, previo in self.antes.items() if "nombre" in previo}

    def anotar_limites(self, hecho: dict[int, dict[str, Any]]) -> None:
        for unidad, que in hecho.items():
            self.antes[unidad] |= que

    def anotar_poblacion(self, unidades: list[int], censo: int | None) -> None:
        """Before inhabitants are written: what stood there, None where nothing did."""
        self.censados = set(unidades)
        previas = Poblacion.objects.totales().filter(unidad__in=set(unidades) & set(self.antes), censo=censo)
        cifras = {p.unidad_id: {"personas": p.personas, "fuente": p.fuente} for p in previas}
        for unidad in self.censados & set(self.antes):
            self.antes[unidad]["poblacion"] = cifras.get(unidad)

    def cerrar(self, nuevas: list[FilaUnidad], cambiadas: list[FilaUnidad]) -> None:
        """Store one row per unit, and mark the import as loaded."""
        filas = [(fila, True) for fila in nuevas] + [(fila, False) for fila in cambiadas]
        copiar(
            CambioImportado,
            ["importacion_id", "unidad_id", "nueva", "fila", "antes", "despues"],
            (
                (
                    self.importacion.pk,
                    fila.unidad.pk,
                    nueva,
                    fila.numero,
                    json.dumps(self.antes.get(fila.unidad.pk, {})),
                    json.dumps(self._despues(fila, nueva)),
                )
                for fila, nueva in filas
            ),
        )
        ahora = timezone.now()
        self.importacion.estado, self.importacion.aplicada = EstadoImportacion.APLICADA, ahora
        filas_del_informe.guardar(self.importacion, self.plan.informe.como_dict())
        self.importacion.paso, self.importacion.progreso, self.importacion.cambiada = "", 100, ahora
        self.importacion.save(
            update_fields=["estado", "aplicada", "informe", "paso", "progreso", "aceptada_por", "cambiada"]
        )

    def _despues(self, fila: FilaUnidad, nueva: bool) -> dict[str, Any]:
        pk = fila.unidad.pk
        escritos = valores(fila.unidad)
        despues = {campo: escritos[campo] for campo in CAMPOS if nueva or campo in fila.cambios}
        if pk in self.limites:
            despues["limite"] = self.limites[pk]
        if pk in self.denominaciones:
            despues["denominacion"] = self.denominaciones[pk]
        if pk in self.censados:
            despues["poblacion"] = {"censo": self.plan.censo, "personas": fila.personas}
        return despues
