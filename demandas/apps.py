from django.apps import AppConfig


class DemandasConfig(AppConfig):
    name = "demandas"

    def ready(self) -> None:
        from demandas import permisos  # noqa: F401 (declares actions and rows)
