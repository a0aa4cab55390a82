"""The console in the browser, the HTTP API and MCP over HTTP, from one process on loopback.

Private.
"""
