"""`python -m webvisio_rooms`"""

from webvisio_rooms.service import main

main()
