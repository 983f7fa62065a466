from django.apps import AppConfig


class MapasConfig(AppConfig):
    name = "mapas"
