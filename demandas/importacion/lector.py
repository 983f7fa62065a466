"""Rows of a file as demands: each cell read with its rule, each problem said with row, field and remedy."""

import re
from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

import shapely
from django.utils import timezone

from demandas.importacion.campos import EDADES, EJEMPLO, LLENA, LUGAR, RANGOS
from demandas.importacion.plan import FilaDemanda, Plan
from demandas.models import EstadoDemanda, Evento, Grupo, Madurez, Sexo
from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.pedido_tabla import PedidoTabla, geometria_en_columnas, opciones_de
from territorio.importacion.tabla import Celdas
from territorio.importacion.texto import a_codigo, normalizar
from territorio.importacion.unidades import Buscador
from territorio.models import Sector

DESDE = 1950
# Some say «-» to a word of the file that is no sector of theirs: the row is loaded without one.
SIN_SECTOR = "-"
# How the lists of a template name a unit: «Peñas (comunidad 002)».
_DE_LISTA = re.compile(r".* \((?P<nivel>\w+) (?P<codigo>[^()]+)\)")


class Lector:
    """Turns one row after the other into fields, and remembers which codes the file has used."""

    def __init__(self, pedido: PedidoTabla, plan: Plan, buscador: Buscador, columnas: set[str]) -> None:
        self.pedido, self.plan, self.buscador = pedido, plan, buscador
        self.sectores = comun.sectores_por_codigo()
        self.nombres_de_sector = comun.sectores_por_nombre() | pedido.equivalencias("sector")
        self.grupos = (
            opciones_de(Grupo) | {"todos": Grupo.COMUNIDAD.value, "jóvenes": "jovenes"} | pedido.equivalencias("grupo")
        )
        self.estados = opciones_de(EstadoDemanda) | pedido.equivalencias("estado")
        self.estados = {nombre: valor for nombre, valor in self.estados.items() if valor != EstadoDemanda.UNIDA}
        self.madureces = opciones_de(Madurez) | pedido.equivalencias("madurez")
        self.eventos = _Eventos(plan.municipio)
        self.usados: set[str] = set()
        self._dichos: dict[tuple[str, str], str] = {}  # the same words come in thousands of rows
        self.presentes = frozenset(campo for c in columnas for campo in LLENA.get(c, ()))
        self.rangos = {d: g for d, g in RANGOS.items() if d in columnas}
        self.edades = {d: claves for d, claves in EDADES.items() if d in columnas}

    def es_ejemplo(self, celdas: Celdas) -> bool:
        """Whether the row is the one that a template brings filled in."""
        return normalizar(celdas.crudo("codigo")) == normalizar(EJEMPLO)

    def fila(self, celdas: Celdas) -> FilaDemanda:
        numero = celdas.fila.numero
        if celdas.tiene("municipio"):
            comun.exigir_municipio(celdas, self.plan.municipio)
        titulo = celdas.leer("titulo", valores.texto, 300) or ""
        if not titulo and not celdas.tiene("titulo"):
            celdas.error("titulo", valores.ValorInvalido("la demanda no tiene título.", "Diga qué se pide."))
        geom = celdas.lugar(self.pedido.lectura.caja)
        unidad = self._unidad(celdas, con_lugar=geom is not None or celdas.tiene("lat") or celdas.tiene("wkt"))
        sector, evento = self._sector(celdas), self._evento(celdas)
        grupo = celdas.leer("grupo", self._uno_de, "grupo", self.grupos) or Grupo.COMUNIDAD.value
        edades = {clave: celdas.leer(d, valores.entero) for d, clave in self.edades.items()}
        campos = {
            "titulo": titulo,
            "descripcion": celdas.leer("descripcion", valores.texto, 5000) or "",
            "proponente_id": unidad.pk if unidad else None,
            "sector_id": sector.pk if sector else None,
            "grupo": grupo,
            "beneficiarias_mujeres": self._personas(celdas, "mujeres", Sexo.MUJERES, edades),
            "beneficiarios_hombres": self._personas(celdas, "hombres", Sexo.HOMBRES, edades),
            "costo_estimado": celdas.leer("costo_estimado", valores.dinero),
            "contraparte": celdas.leer("contraparte", valores.dinero),
            "madurez": celdas.leer("madurez", self._uno_de, "madurez", self.madureces) or "",
            "pedida_desde": celdas.leer("pedida_desde", valores.entero, minimo=DESDE, maximo=timezone.localdate().year),
            "evento_id": evento.pk if evento else None,
            "estado": celdas.leer("estado", self._uno_de, "estado", self.estados) or EstadoDemanda.REGISTRADA.value,
            "fecha": celdas.leer("fecha", valores.fecha),
            **geometria_en_columnas(geom),
        }
        rangos = {g.value: celdas.leer(d, valores.entero, maximo=1000, minimo=1) for d, g in self.rangos.items()}
        envio = celdas.leer("envio", _envio)
        codigo = celdas.leer("codigo", valores.texto, 70) or self._codigo(celdas, titulo, grupo, geom, envio)
        self._codigo_repetido(celdas, codigo)
        presentes = self.presentes | (set(LUGAR) if celdas.fila.geometria is not None else set())
        if not celdas.tiene("estado"):
            presentes -= {"estado"}  # a blank says nothing of the way of a demand
        return FilaDemanda(
            numero,
            comun.codigo_unico(codigo, self.usados),
            campos,
            presentes,
            rangos,
            {(s.value, e.value): n for (s, e), n in edades.items()},
            envio,
            celdas.leer("motivo", valores.texto, 2000) or "",
            nombres={
                nombre: str(cual)
                for nombre, cual in (("proponente_id", unidad), ("sector_id", sector), ("evento_id", evento))
                if cual
            },
        )

    def _uno_de(self, valor: object, campo: str, opciones: dict[str, str]) -> str:
        clave = campo, a_codigo(valor)
        if clave not in self._dichos:
            self._dichos[clave] = valores.uno_de(valor, opciones)
        return self._dichos[clave]

    def _codigo(self, celdas: Celdas, titulo: str, grupo: str, geom: Any, envio: UUID | None) -> str:
        if envio is not None:
            return f"E-{envio.hex[:12]}"
        return comun.codigo_de_contenido(
            "D", titulo, celdas.crudo("unidad"), grupo, shapely.to_wkb(geom) if geom is not None else ""
        )

    def _codigo_repetido(self, celdas: Celdas, codigo: str) -> None:
        if codigo in self.usados:
            self.plan.informe.aviso(
                f"«{codigo}» ya está antes en el archivo; se carga como otra demanda.",
                "Si es la misma, quite una de las filas.",
                fila=celdas.fila.numero,
                campo=celdas.campos.get("codigo"),
                codigo="codigo_repetido",
            )

    def _unidad(self, celdas: Celdas, *, con_lugar: bool):
        columna = celdas.campos.get("unidad", "unidad")
        if not celdas.tiene("unidad") and not con_lugar:
            self.plan.informe.aviso(
                "la fila no dice de qué unidad es ni dónde está; se carga sin ubicar.",
                "Escriba el código o el nombre de la comunidad.",
                fila=celdas.fila.numero,
                campo=columna,
                codigo="sin_unidad",
            )
        de_lista = _DE_LISTA.fullmatch(a_codigo(celdas.crudo("unidad")))
        if de_lista and normalizar(de_lista["nivel"]) in self.buscador.niveles:
            nombrada, nivel = de_lista["codigo"], de_lista["nivel"]
        else:
            nombrada, nivel = celdas.crudo("unidad"), celdas.crudo("nivel") if celdas.tiene("unidad") else None
        return self.buscador.hallar(
            nombrada,
            nivel,
            fila=celdas.fila.numero,
            campo=columna,
        )

    def _sector(self, celdas: Celdas) -> Sector | None:
        try:
            dicho = _sin_codigo(celdas.crudo("sector"), self.sectores)
            sector = self._uno_de(dicho, "sector", self.nombres_de_sector)
        except valores.ValorInvalido as e:
            palabra = a_codigo(celdas.crudo("sector"))[:60]
            self.plan.informe.error(
                str(e),
                e.remedio,
                fila=celdas.fila.numero,
                campo=celdas.campos.get("sector", "sector"),
                codigo="valor_invalido",
                detalle={"sector": palabra},
            )
            return None
        return self.sectores[sector] if sector and sector != SIN_SECTOR else None

    def _personas(self, celdas: Celdas, campo: str, sexo: Sexo, edades: dict) -> int | None:
        """Of one sex: what the row says, else the sum of its ages; both must agree."""
        total = celdas.leer(campo, valores.entero)
        dichas = [n for (s, _edad), n in edades.items() if s == sexo and n is not None]
        if not dichas:
            return total
        if total is not None and total != sum(dichas):
            celdas.error(
                campo,
                valores.ValorInvalido(
                    f"las edades suman {sum(dichas)} y la fila dice {total}.",
                    "Corrija una de las dos, o deje el total vacío.",
                ),
            )
        return sum(dichas)

    def _evento(self, celdas: Celdas) -> Evento | None:
        if not celdas.tiene("evento"):
            return None
        hallados = self.eventos.hallar(celdas.crudo("evento"))
        if len(hallados) == 1:
            return hallados[0]
        dicho = a_codigo(celdas.crudo("evento"))[:60]
        cuantos = f"hay {len(hallados)} eventos «{dicho}»" if hallados else f"no hay un evento «{dicho}»"
        self.plan.informe.aviso(
            f"{cuantos}; la fila se carga sin evento.",
            "Escriba su nombre tal como está registrado, o su fecha si ese día hubo uno solo.",
            fila=celdas.fila.numero,
            campo=celdas.campos.get("evento"),
            codigo="evento_desconocido",
        )
        return None


class _Eventos:
    """The events of a municipality by name and by day; asked of the database when a row first names one."""

    def __init__(self, municipio) -> None:
        self.municipio = municipio
        self._por_nombre: dict[str, list[Evento]] | None = None
        self._por_dia: dict[date, list[Evento]] = defaultdict(list)

    def hallar(self, dicho: object) -> list[Evento]:
        if self._por_nombre is None:
            self._por_nombre = defaultdict(list)
            for evento in Evento.objects.filter(municipio=self.municipio).select_related("unidad"):
                con_dia = f"{evento} · {evento.fecha:%d/%m/%Y}"
                for nombre in {normalizar(evento), normalizar(con_dia), normalizar(f"ev{evento.pk}")}:
                    self._por_nombre[nombre].append(evento)
                self._por_dia[evento.fecha].append(evento)
        if hallados := self._por_nombre.get(normalizar(dicho)):
            return hallados
        try:
            dia = valores.fecha(dicho)
        except valores.ValorInvalido:
            return []
        return self._por_dia.get(dia, []) if dia else []


def _sin_codigo(crudo: object, sectores: dict) -> object:
    """«11 · Saneamiento básico», as a list of a template gives it, is 11."""
    codigo, separador, _nombre = a_codigo(crudo).partition(" · ")
    return codigo if separador and codigo in sectores else crudo


def _envio(crudo: object) -> UUID | None:
    texto = a_codigo(crudo).removeprefix("uuid:")
    if not texto:
        return None
    try:
        return UUID(texto)
    except ValueError as e:
        raise valores.ValorInvalido(
            f"«{texto[:40]}» no identifica un envío.", "Deje la celda como la dio el formulario."
        ) from e
