"""What a browser sees at ``/``; one file without anything from elsewhere."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>It flows – Weir demo</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
  code { background: #8882; border-radius: .25rem; padding: .1rem .3rem }
  li { margin: .3rem 0 }
</style>
<h1>It flows.</h1>
<p>This page came from the demo service. If its address is the gateway's, it came through Weir.</p>
<ul>
  <li><a href="/echo">/echo</a> – the request as the service saw it</li>
  <li><a href="/delay/500">/delay/500</a> – an answer after 500 ms</li>
  <li><a href="/status/418">/status/418</a> – an answer with that status</li>
  <li><a href="/stream?n=5">/stream?n=5</a> – five events, one a second</li>
  <li><a href="/flaky?rate=0.3">/flaky?rate=0.3</a> – fails three times out of ten</li>
  <li><code>/ws</code> – a WebSocket that echoes: <code id="ws">…</code></li>
</ul>
<p>Now open the rules file that <code>weir up</code> named and change something: it is live when you save it.</p>
<script>
  const out = document.getElementById("ws");
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
  socket.onopen = () => socket.send("hello");
  socket.onmessage = event => { out.textContent = "sent hello, got " + event.data; socket.close(); };
  socket.onerror = () => { out.textContent = "not reached"; };
</script>
</html>
"""
