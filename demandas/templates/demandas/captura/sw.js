{% autoescape off %}{% if modulo %}import { enviarPendientes } from "{{ modulo }}";
{% endif %}// Keeps the capture page and what it is made of, so that it opens without network. Nothing else of the site passes here.
const VERSION = "{{ version }}";
const ARCHIVOS = {{ recursos }};
const RECURSOS = `minka-recursos-${VERSION}`;
const PAGINA = "minka-pagina";
const RUTA = "/demandas/nueva/";
const PACIENCIA = 6000; // ms after which the page as it was kept is better than none

self.addEventListener("install", (evento) => {
  evento.waitUntil((async () => {
    const cache = await caches.open(RECURSOS);
    await cache.addAll(ARCHIVOS.map((url) => new Request(url, { cache: "no-cache" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (evento) => {
  evento.waitUntil((async () => {
    await self.clients.claim();
    // Pages that were kept speak of the files of their day: where all are brought anew those go, else both stay.
    const cache = await caches.open(PAGINA);
    const nuevas = await Promise.all((await cache.keys()).map(async ({ url }) => guardar(url, await fetch(url).catch(() => null))));
    if (!nuevas.every(Boolean)) return;
    const viejos = (await caches.keys()).filter((uno) => uno.startsWith("minka-recursos-") && uno !== RECURSOS);
    await Promise.all(viejos.map((uno) => caches.delete(uno)));
  })());
});

// A page that came with something chosen is not the one to begin with.
async function guardar(direccion, respuesta) {
  if (!respuesta?.ok || respuesta.redirected) return false;
  const { searchParams } = new URL(direccion);
  if (searchParams.has("unidad") || searchParams.has("evento")) return true;
  await (await caches.open(PAGINA)).put(direccion, respuesta);
  return true;
}

async function pagina(evento) {
  const guardada = async () => {
    const cache = await caches.open(PAGINA);
    return (await cache.match(evento.request, { ignoreVary: true })) ?? (await cache.match(evento.request, { ignoreSearch: true, ignoreVary: true }));
  };
  const deLaRed = fetch(evento.request).then((respuesta) => {
    if (respuesta.ok && !respuesta.redirected) evento.waitUntil(guardar(evento.request.url, respuesta.clone()));
    return respuesta;
  });
  const espera = new Promise((listo) => { setTimeout(listo, PACIENCIA); });
  try {
    const primera = await Promise.race([deLaRed, espera]);
    if (primera && primera.status < 500) return primera;
    return (await guardada()) ?? primera ?? (await deLaRed);
  } catch {
    return (await guardada()) ?? Response.error();
  }
}

self.addEventListener("fetch", (evento) => {
  const { request } = evento;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === RUTA) evento.respondWith(pagina(evento));
  else if (url.pathname.startsWith("/static/")) {
    evento.respondWith((async () => {
      const cache = await caches.open(RECURSOS);
      return (await cache.match(request, { ignoreVary: true })) ?? (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
    })());
  }
});

{% if modulo %}self.addEventListener("sync", (evento) => {
  if (evento.tag === "minka-enviar") evento.waitUntil(enviarPendientes({ forzar: true }));
});
{% endif %}{% endautoescape %}
