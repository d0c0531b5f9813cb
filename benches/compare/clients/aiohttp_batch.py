"""What an operator writes in an afternoon: reads a CSV file, sends with aiohttp, and keeps the answers in another file.

It keeps no journal: after a crash it is not known what was sent.
"""

import asyncio
import csv
import sys

import aiohttp


async def main(url, file, at_once):
    gate = asyncio.Semaphore(at_once)
    with open(file, newline="") as rows, open(file + ".answers", "w") as answers:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

            async def send(row):
                text = f"Hi {row['name']}, your code for {row['shop']} in {row['city']} is {{PIN}}"
                body = {
                    "api_key": "0123456789abcdef0123456789abcdef",
                    "msisdn": row["phone"].lstrip("+"),
                    "sms_text": text,
                    "pin_params": {"expires_in": int(row["expires_in"])},
                }
                try:
                    async with session.post(f"{url}/2fa/request", json=body) as answer:
                        said = await answer.json()
                        answers.write(f"{row['phone']},{said['status']}\n")
                finally:
                    gate.release()

            sending = set()
            for row in csv.DictReader(rows):
                await gate.acquire()
                task = asyncio.create_task(send(row))
                sending.add(task)
                task.add_done_callback(sending.discard)
            await asyncio.gather(*sending)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
