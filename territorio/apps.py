from django.apps import AppConfig


class TerritorioConfig(AppConfig):
    name = "territorio"
