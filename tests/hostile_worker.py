"""A worker whose reader of .rtf does what the file says: loops, eats memory, crashes, and so on."""

import ctypes
import os
import sys
import time

from embeddings import worker
from embeddings.documents import READERS
from embeddings.readers.content import Content

eaten: list[bytearray] = []


def obey(data: bytes) -> Content:
    match data.decode().split():
        case ["loop"]:
            while True:
                pass
        case ["loop", "in", "C"]:  # with the interpreter's lock held
            ctypes.PyDLL(None).sleep(1000)
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case ["eat"]:
            while True:
                eaten.append(bytearray(1 << 24))
        case ["crash"]:
            ctypes.string_at(0)
        case ["crash", "unless", "fresh"]:
            if eaten:
                os._exit(3)
        case ["be", "spoilt"]:
            eaten.append(bytearray(1))
        case ["print"]:
            print("to where the answers go", flush=True)
            os.write(1, b"and below Python")
        case ["grow"]:
            return Content(None, "word " * 1_000_000)
        case ["fail"]:
            raise AttributeError("a defect")
    return Content(None, f"{os.getpid()} did: {data.decode()}")


READERS[".rtf"] = obey

if __name__ == "__main__":
    worker.main(int(sys.argv[1]))
