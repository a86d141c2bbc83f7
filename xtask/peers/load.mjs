// Registers the case with Restate and drives it: 64 clients, each the two steps of one case after the other.
import http from "node:http";

const cases = Number(process.argv[2] ?? 4000);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function post(port, path, body) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const request = http.request({ host: "127.0.0.1", port, path, method: "POST", agent, headers }, (answer) => {
      let said = "";
      answer.on("data", (part) => (said += part));
      answer.on("end", () => (answer.statusCode < 300 ? resolve(said) : reject(new Error(`${answer.statusCode} ${said}`))));
    });
    request.on("error", reject);
    request.end(text);
  });
}

async function registered() {
  for (let n = 0; ; n += 1) {
    try {
      return await post(9070, "/deployments", { uri: "http://127.0.0.1:9080" });
    } catch (error) {
      if (n > 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function drive(from, count) {
  const times = [];
  let next = from;
  const client = async () => {
    while (next < from + count) {
      const key = next++;
      for (const step of ["plan", "report"]) {
        const started = performance.now();
        await post(8080, `/kase/${key}/${step}`, "a report of some words: 40% done");
        times.push(performance.now() - started);
      }
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: 64 }, client));
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return { rate: times.length / seconds, p99: times[Math.floor(times.length * 0.99)] };
}

await registered();
await drive(0, 500);
const { rate, p99 } = await drive(1000, cases);
console.log(`Restate: ${rate.toFixed(0)} transitions per second, 64 clients, p99 ${p99.toFixed(1)} ms`);
process.exit(0);
