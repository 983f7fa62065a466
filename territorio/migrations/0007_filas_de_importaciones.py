import django.db.models.deletion
from django.db import migrations, models


ORDEN = {"nueva": 2, "cambiada": 3, "igual": 4, "omitida": 5}


def apartar_filas(apps, _editor):
    """Reports that were kept whole give their rows to the new table."""
    FilaImportada = apps.get_model("territorio", "FilaImportada")
    for importacion in apps.get_model("territorio", "Importacion").objects.exclude(informe={}).iterator(chunk_size=20):
        problemas = importacion.informe.get("problemas", [])
        datos = {fila["numero"]: fila for fila in importacion.informe.get("filas", [])}
        de_filas = {}
        for problema in problemas:
            if problema["fila"] is not None:
                de_filas.setdefault(problema["fila"], []).append(problema)
        nuevas = []
        for numero in sorted({*datos, *de_filas}):
            fila, suyos = datos.get(numero, {}), de_filas.get(numero, [])
            dichas = {d["gravedad"] for d in (*fila.get("dudas", ()), *suyos)}
            gravedad = next((g for g in ("error", "aviso", "dato") if g in dichas), "")
            if fila.get("estado") == "con_error":
                gravedad = "error"
            orden = {"error": 0, "aviso": 1}.get(gravedad, ORDEN.get(fila.get("estado"), 9))
            nuevas.append(
                FilaImportada(
                    importacion=importacion, numero=numero, estado=fila.get("estado", ""), gravedad=gravedad,
                    orden=orden, datos=fila, problemas=suyos,
                )
            )
        FilaImportada.objects.bulk_create(nuevas, batch_size=2_000)
        importacion.informe |= {"filas": [], "problemas": [p for p in problemas if p["fila"] is None]}
        importacion.save(update_fields=["informe"])


class Migration(migrations.Migration):

    dependencies = [
        ('territorio', '0006_lo_que_escribio_una_importacion'),
    ]

    operations = [
        migrations.CreateModel(
            name='FilaImportada',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('numero', models.PositiveIntegerField()),
                ('estado', models.CharField(blank=True, max_length=12)),
                ('gravedad', models.CharField(blank=True, max_length=6)),
                ('orden', models.PositiveSmallIntegerField()),
                ('datos', models.JSONField(default=dict)),
                ('problemas', models.JSONField(default=list)),
                ('importacion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='filas', to='territorio.importacion')),
            ],
            options={
                'verbose_name': 'fila importada',
                'verbose_name_plural': 'filas importadas',
                'indexes': [models.Index(fields=['importacion', 'orden', 'numero'], name='fila_importada_por_orden'), models.Index(fields=['importacion', 'estado', 'gravedad', 'numero'], name='fila_importada_por_estado')],
                'constraints': [models.UniqueConstraint(fields=('importacion', 'numero'), name='fila_importada_una_por_numero'), models.CheckConstraint(condition=models.Q(('gravedad__in', ['', 'dato', 'aviso', 'error'])), name='fila_importada_gravedad_conocida')],
            },
        ),
        migrations.RunPython(apartar_filas, migrations.RunPython.noop),
    ]
