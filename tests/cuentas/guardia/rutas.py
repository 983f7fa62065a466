"""The real routes, and some that fail on purpose."""

from django.db import connection
from django.http import HttpResponse
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


def dormir(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")
    return HttpResponse("despierta")


def caer(request):
    raise RuntimeError("esto no lo previó nadie")


class Dormir(APIView):
    def get(self, request):
        dormir(request)
        return Response({})


class Caer(APIView):
    def get(self, request):
        return caer(request)


urlpatterns = [
    path("dormir/", dormir),
    path("caer/", caer),
    path("api/v1/dormir/", Dormir.as_view()),
    path("api/v1/caer/", Caer.as_view()),
    *urls.urlpatterns,
]
