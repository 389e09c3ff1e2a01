"""``python -m linkedin_media`` is ``linkedin-media``."""

from linkedin_media.cli import main

if __name__ == "__main__":
    main()
