"""Sells with the official middleware for FastAPI and Flask, unmodified. A job opens a seller or closes it."""

import itertools
import socket
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from flask import Flask, jsonify
from werkzeug.serving import WSGIRequestHandler, make_server
from x402 import x402ResourceServer, x402ResourceServerSync
from x402.extensions.payment_identifier import PAYMENT_IDENTIFIER, declare_payment_identifier_extension
from x402.http import FacilitatorConfig, HTTPFacilitatorClient, HTTPFacilitatorClientSync
from x402.http.middleware.fastapi import payment_middleware as fastapi_middleware
from x402.http.middleware.flask import payment_middleware as flask_middleware
from x402.http.types import PaymentOption, RouteConfig
from x402.mechanisms.evm.exact import ExactEvmServerScheme
from x402.schemas import AssetAmount

import channel


def route_config(route):
    options = [
        PaymentOption(
            scheme=option["scheme"],
            network=option["network"],
            pay_to=option["payTo"],
            max_timeout_seconds=option["maxTimeoutSeconds"],
            price=AssetAmount(**option["price"]),
        )
        for option in route["accepts"]
    ]
    extensions = {PAYMENT_IDENTIFIER: declare_payment_identifier_extension()} if route["identifiesPayments"] else None
    return RouteConfig(accepts=options, extensions=extensions)


def ask_for_answer(seller, path):
    """What a route's handler has to say, and with which status: the test knows, wherever its seller runs."""
    return channel.ask({"seller": seller, "path": path})


def fastapi_handler(seller, path):
    def handle():
        answer = ask_for_answer(seller, path)
        return JSONResponse(answer["body"], status_code=answer["status"])

    return handle


def flask_handler(seller, path):
    def handle():
        answer = ask_for_answer(seller, path)
        return jsonify(answer["body"]), answer["status"]

    return handle


def open_fastapi(job):
    clients = [HTTPFacilitatorClient(FacilitatorConfig(url=url)) for url in job["facilitators"]]
    resources = x402ResourceServer(clients).register("eip155:*", ExactEvmServerScheme())
    app = FastAPI()
    routes = {f"GET {path}": route_config(route) for path, route in job["routes"].items()}
    app.middleware("http")(fastapi_middleware(routes, resources))
    for path in job["routes"]:
        app.add_api_route(path, fastapi_handler(job["seller"], path))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()

    def close():
        server.should_exit = True
        thread.join()

    return listener.getsockname()[1], close


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        pass


def open_flask(job):
    clients = [HTTPFacilitatorClientSync(FacilitatorConfig(url=url)) for url in job["facilitators"]]
    resources = x402ResourceServerSync(clients).register("eip155:*", ExactEvmServerScheme())
    app = Flask(job["seller"])
    routes = {f"GET {path}": route_config(route) for path, route in job["routes"].items()}
    flask_middleware(app, routes, resources)
    for path in job["routes"]:
        app.add_url_rule(path, path, flask_handler(job["seller"], path))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def close():
        server.shutdown()
        server.server_close()

    return server.server_port, close


OPENERS = {"fastapi": open_fastapi, "flask": open_flask}


def main():
    threads = ThreadPoolExecutor(max_workers=32)
    closers = {}

    def work(job):
        if job["act"] == "close":
            return closers.pop(job["seller"])()
        port, closers[job["seller"]] = OPENERS[job["server"]](job)
        return port

    def finish(answer, done):
        error = done.exception()
        answer(
            {"result": done.result()} if error is None else {"error": "".join(traceback.format_exception(error))}
        )

    def start(job, answer):
        threads.submit(work, job).add_done_callback(lambda done: finish(answer, done))

    channel.serve(start)


main()
