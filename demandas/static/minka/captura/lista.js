// What is on this phone: each draft with its state, the next thing to do with it, and those of other accounts only counted.
import { avisar, borrar, todos } from "./almacen.js";
import { abierto } from "./borrador.js";
import { boton, datos, hacer, t, uno } from "./textos.js";

const SIGNO = { borrador: "○", en_espera: "◔", enviando: "◑", enviada: "●", conflicto: "!", rechazada: "✕" };
const CLASE = { enviada: "estado-bien", conflicto: "estado-aviso", rechazada: "estado-mal" };
export const POR_ENVIAR = ["borrador", "en_espera", "enviando", "conflicto", "rechazada"];

export async function mios() {
  const suyos = (await todos("borradores")).filter((b) => b.de === datos.quien.id);
  return suyos.sort((a, b) => b.cambiado.localeCompare(a.cambiado));
}

export async function pintar({ abrir, elegir }) {
  const guardados = await todos("borradores");
  const propios = await mios();
  const pendientes = propios.filter((b) => POR_ENVIAR.includes(b.estado));
  const n = pendientes.length;
  uno("[data-cuantos]").textContent = n === 0 ? t("ninguna_espera") : n === 1 ? t("una_espera") : t("varias_esperan", { n });
  uno("[data-lista-vacia]").hidden = propios.length > 0;
  uno("[data-enviar-ya]").hidden = !propios.some((b) => b.estado === "en_espera");
  const ajenos = new Map();
  for (const { de, cuenta, estado } of guardados) if (de !== datos.quien.id && estado !== "enviada") ajenos.set(cuenta, (ajenos.get(cuenta) ?? 0) + 1);
  uno("[data-lista-filas]").replaceChildren(
    ...propios.map((b) => fila(b, { abrir, elegir })),
    ...[...ajenos].map(([cuenta, cuantos]) => hacer("li", { className: "suave", textContent: t("de_otra", { n: cuantos, cuenta }) })),
  );
  return { propios, pendientes, ajenos: ajenos.size };
}

function fila(b, { abrir, elegir }) {
  const titulo = b.datos.titulo?.trim() || t("sin_titulo");
  const cabeza = b.demanda
    ? hacer("a", { href: `/demandas/${b.demanda.id}/`, textContent: `${b.demanda.codigo} · ${titulo}` })
    : hacer("strong", { textContent: titulo });
  const acciones = hacer("p", { className: "fila" });
  if (abierto(b) && b.estado !== "rechazada") acciones.append(boton(t("seguir"), () => abrir(b)));
  if (abierto(b) && b.estado === "rechazada") acciones.append(boton(t("corregir"), () => abrir(b), "btn-primary"));
  if (b.estado === "conflicto") acciones.append(boton(t("elegir"), () => elegir(b), "btn-primary"));
  if (b.estado !== "enviando") {
    acciones.append(boton(t(b.estado === "enviada" ? "quitar" : "borrar"), async () => {
      if (b.estado !== "enviada" && !window.confirm(t("confirmar_borrar", { titulo }))) return;
      await borrar(b.envio);
      avisar();
    }));
  }
  return hacer("li", { datos: { envio: b.envio, estado: b.estado } },
    hacer("p", {}, cabeza),
    hacer("p", { className: "chica" }, hacer("span", { className: `estado ${CLASE[b.estado] ?? ""}`, textContent: `${SIGNO[b.estado]} ${t(`estado_${b.estado}`)}` }),
      b.error ? hacer("span", { className: "suave", textContent: ` ${b.error}` }) : null,
      b.estado === "en_espera" && b.intentos ? hacer("span", { className: "suave", textContent: ` ${t("reintento")}` }) : null),
    acciones);
}
