import sys,json; sys.path.insert(0,'.')
from tests.gas.room import Room
from tests.support.anvil import AnvilChain
import tomllib
bars=tomllib.loads(open('tests/gas/bars.toml').read())
with AnvilChain() as c: m=Room(c).measure()
for k,v in m.items():
    b=bars.get(k,0); print(f"{v:>9} {b:>9} {b-v:>8}  {k}")
