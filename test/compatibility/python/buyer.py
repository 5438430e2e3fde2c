"""Buys with the official Python clients for httpx and requests, unmodified. A job is a purchase, or a signature."""

import asyncio
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import httpx
import requests
from eth_account import Account
from x402 import x402Client, x402ClientSync
from x402.extensions.payment_identifier import append_payment_identifier_to_extensions
from x402.http import x402HTTPClient, x402HTTPClientSync
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.clients.requests import x402_requests
from x402.mechanisms.evm.exact import ExactEvmScheme
from x402.schemas import PaymentRequired

import channel

PATIENCE_SECONDS = 60
CREDENTIAL = "PAYMENT-SIGNATURE"


class Watched(httpx.AsyncHTTPTransport):
    """The plain transport, which remembers the credential that went out."""

    credential = None

    async def handle_async_request(self, request):
        self.credential = request.headers.get(CREDENTIAL, self.credential)
        return await super().handle_async_request(request)


def set_up(client, job):
    """What a builder writes: a key, and the assets that may be spent besides the well-known ones."""
    client.register("eip155:*", ExactEvmScheme(Account.from_key(job["key"])))
    if job.get("assets") is not None:
        client.set_spend_controls({"allowed_assets": job["assets"]})
    if job.get("paymentId") is not None:

        def name_payment(context):
            if context.payment_required.extensions:
                append_payment_identifier_to_extensions(context.payment_required.extensions, job["paymentId"])

        client.on_before_payment_creation(name_payment)
    return client


async def work_async(job):
    client = set_up(x402Client(), job)
    if "required" in job:
        payload = await client.create_payment_payload(PaymentRequired.model_validate(job["required"]))
        return {"credential": x402HTTPClient(client).encode_payment_signature_header(payload)[CREDENTIAL]}
    transport = Watched()
    async with httpx.AsyncClient(transport=x402AsyncTransport(client, transport), timeout=PATIENCE_SECONDS) as http:
        response = await http.get(job["url"])
        await response.aread()
    return answer_of(response, transport.credential)


def work_sync(job):
    client = set_up(x402ClientSync(), job)
    if "required" in job:
        payload = client.create_payment_payload(PaymentRequired.model_validate(job["required"]))
        return {"credential": x402HTTPClientSync(client).encode_payment_signature_header(payload)[CREDENTIAL]}
    with x402_requests(client) as session:
        response = session.get(job["url"], timeout=PATIENCE_SECONDS)
    return answer_of(response, response.request.headers.get(CREDENTIAL))


def answer_of(response, credential):
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {"status": response.status_code, "headers": headers, "text": response.text, "credential": credential}


def finish(answer, done):
    error = done.exception()
    if error is None:
        answer({"result": done.result()})
    else:
        answer({"error": "".join(traceback.format_exception(error))})


def main():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    threads = ThreadPoolExecutor(max_workers=64)

    def start(job, answer):
        if job["client"] == "httpx":
            done = asyncio.run_coroutine_threadsafe(work_async(job), loop)
        else:
            done = threads.submit(work_sync, job)
        done.add_done_callback(lambda finished: finish(answer, finished))

    channel.serve(start)


main()
