"""The conservation line: what a count by territory holds, what lies outside, what has no place; together, everything."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Conservacion:
    """`ubicadas` + `fuera` + `sin_ubicar` = `total`; `en_disputa` counts features that several units of a level claim."""

    total: float
    ubicadas: float
    fuera: float
    sin_ubicar: float
    en_disputa: int = 0

    @classmethod
    def de(cls, *, total: int, ubicadas: float, sin_ubicar: int, en_disputa: int = 0) -> "Conservacion":
        """Fill in what lies outside; a located sum above what could be located is an error, not a rounding."""
        fuera = total - sin_ubicar - ubicadas
        if fuera < -1e-6 * max(total, 1):
            raise ValueError(
                f"Se ubicó más de lo que hay: {ubicadas} de {total - sin_ubicar}. Ejecute `manage.py verificar`."
            )
        if abs(fuera) < 1e-6 * max(total, 1):
            fuera, ubicadas = 0.0, float(total - sin_ubicar)
        return cls(total, ubicadas, fuera, sin_ubicar, en_disputa)

    def como_dict(self) -> dict[str, float | int]:
        return asdict(self)
