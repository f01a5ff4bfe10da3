"""One HTTPS GET with requests, as short as people write it: what the daemon's memory is compared with."""

import sys

import requests

url, ca, headers = sys.argv[1:]
fields = dict(line.split(": ", 1) for line in open(headers).read().splitlines())
answer = requests.get(url, headers=fields, verify=ca, timeout=30)
print(answer.status_code)
