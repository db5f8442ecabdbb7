"""How fast is Sandglass on this machine, next to what else there is?"""
