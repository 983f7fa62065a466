from django.apps import AppConfig


class MapasConfig(AppConfig):
    name = "mapas"

    def ready(self) -> None:
        from mapas import permisos  # noqa: F401 (declares routes)
