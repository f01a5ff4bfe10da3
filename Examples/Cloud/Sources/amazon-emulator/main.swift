import ArgumentParser
import AmazonEmulator
print("x")
