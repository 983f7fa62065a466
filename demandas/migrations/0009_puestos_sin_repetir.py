from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("demandas", "0008_uniones")]

    operations = [
        migrations.AddConstraint(
            model_name="hallazgo",
            constraint=models.UniqueConstraint(
                condition=models.Q(("evento", None)),
                fields=("unidad", "grupo", "tipo", "puesto"),
                name="hallazgo_puesto_unico",
            ),
        ),
        migrations.AddConstraint(
            model_name="hallazgo",
            constraint=models.UniqueConstraint(
                condition=models.Q(("evento__isnull", False)),
                fields=("unidad", "evento", "grupo", "tipo", "puesto"),
                name="hallazgo_puesto_unico_en_su_evento",
            ),
        ),
    ]
