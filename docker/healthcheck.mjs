// Whether the daemon is ready. BOOTWIRE_ADMIN names its admin address where that is not the default, as a URL
// where it speaks TLS.
const admin = process.env.BOOTWIRE_ADMIN ?? "127.0.0.1:8081";
const base = admin.startsWith("https://") ? admin : `http://${admin}`;
const answer = await fetch(`${base}/readyz`, { signal: AbortSignal.timeout(4000) });
console.log(answer.status, await answer.text());
process.exitCode = answer.ok ? 0 : 1;
