from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cuentas", "0002_registro_de_cambios")]

    operations = [
        migrations.CreateModel(
            name="Conteo",
            fields=[
                ("clave", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("ventana", models.BigIntegerField()),
                ("vence", models.BigIntegerField(db_index=True)),
                ("cuantas", models.IntegerField()),
            ],
            options={"verbose_name": "conteo de peticiones", "verbose_name_plural": "conteos de peticiones"},
        ),
        # Counts need no write-ahead log: what a crash takes is a minute of counting.
        migrations.RunSQL("ALTER TABLE cuentas_conteo SET UNLOGGED", migrations.RunSQL.noop),
    ]
