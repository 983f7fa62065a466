"""What files may be attached to: an upper app tells here its link model, and pages, API and services serve it alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from cuentas.permisos import Accion


@dataclass(frozen=True)
class Enlace:
    """Files of one kind of thing: `modelo` ties an `archivo` to a row of it, by a foreign key called as `clase`.

    `accion` is what attaching demands, `publicado` the flag of a thing that visitors may see (its own or, by a path, that
    of what it belongs to), `pagina` its route.
    """

    clase: str
    modelo: type[models.Model]
    accion: Accion
    publicado: str
    pagina: str

    @property
    def objetos(self) -> type[models.Model]:
        return self.modelo._meta.get_field(self.clase).related_model  # type: ignore[return-value]

    def visibles_para(self, usuario) -> models.QuerySet:
        """The things of this kind that `usuario` may see."""
        return self.objetos._default_manager.visibles_para(usuario)

    def esta_publicado(self, objeto: models.Model) -> bool:
        valor: Any = objeto
        for parte in self.publicado.split("__"):
            valor = getattr(valor, parte)
        return valor

    def enlazar(self, objeto: models.Model, archivo: models.Model) -> models.Model:
        nuevo = self.modelo(**{self.clase: objeto, "archivo": archivo})
        nuevo.full_clean()
        nuevo.save()
        return nuevo

    def de_objeto(self, objeto: models.Model) -> models.QuerySet:
        """Ids of the files attached to a thing."""
        return self.modelo._default_manager.filter(**{self.clase: objeto}).values("archivo")

    def objeto_de(self, archivo: models.Model) -> Any:
        """The thing that a file is attached to."""
        return getattr(self.modelo._default_manager.select_related(self.clase).get(archivo=archivo), self.clase)


_enlaces: dict[str, Enlace] = {}


def registrar(clase: str, modelo: type[models.Model], *, accion: Accion, publicado: str, pagina: str) -> Enlace:
    """Called from an app's `permisos.py`."""
    if clase in _enlaces:
        raise ValueError(f"Ya hay archivos de {clase}.")
    _enlaces[clase] = enlace = Enlace(clase, modelo, accion, publicado, pagina)
    return enlace


def todos() -> list[Enlace]:
    return list(_enlaces.values())


def de_clase(clase: str) -> Enlace | None:
    return _enlaces.get(clase)


def de(objeto: models.Model) -> Enlace:
    """How files hang on a thing like this; KeyError where none do."""
    for enlace in _enlaces.values():
        if isinstance(objeto, enlace.objetos):
            return enlace
    raise KeyError(type(objeto).__name__)
