/** One's own picture before the door, with the two switches that matter. */
import { useStore, useRoom } from './context';
import { Initials } from './controls';
import { Icon, type IconName } from './icons';
import { Video } from './Video';
import { useTrackStream } from './useTrackStream';

interface PreviewProps {
  name: string;
  /** Whether each is wanted; what is wanted but missing is explained elsewhere. */
  isMicrophoneOn: boolean;
  isCameraOn: boolean;
  switchMicrophone: (isOn: boolean) => void;
  switchCamera: (isOn: boolean) => void;
  canPublish: boolean;
}

export function Preview({
  name,
  isMicrophoneOn,
  isCameraOn,
  switchMicrophone,
  switchCamera,
  canPublish,
}: PreviewProps) {
  const { session, words } = useRoom();
  const { tracks, opening, problems } = useStore(session.devices.store);
  const camera = isCameraOn ? tracks.camera : null;
  const stream = useTrackStream(camera);
  const hasMicrophone = isMicrophoneOn && tracks.microphone !== null;
  const problem = isCameraOn ? problems.camera : null;
  return (
    <figure className="wv-preview" aria-label={words('device.preview')} data-testid="preview">
      {stream ? (
        <Video stream={stream} isMirrored />
      ) : (
        <div className="wv-preview-empty">
          {name ? <Initials name={name} /> : <Icon name="cameraOff" />}
          <p>
            {problem
              ? words(`problem.camera.${problem}`)
              : words(opening.camera && isCameraOn ? 'device.camera.opening' : 'device.camera.off')}
          </p>
        </div>
      )}
      {canPublish && (
        <div className="wv-preview-switches">
          <RoundSwitch
            isOn={hasMicrophone}
            isOpening={opening.microphone && isMicrophoneOn}
            label={words(hasMicrophone ? 'bar.microphone.mute' : 'bar.microphone.unmute')}
            icon={hasMicrophone ? 'microphone' : 'microphoneOff'}
            testId="preview-mic"
            onClick={() => {
              switchMicrophone(!hasMicrophone);
            }}
          />
          <RoundSwitch
            isOn={camera !== null}
            isOpening={opening.camera && isCameraOn}
            label={words(camera ? 'bar.camera.stop' : 'bar.camera.start')}
            icon={camera ? 'camera' : 'cameraOff'}
            testId="preview-camera"
            onClick={() => {
              switchCamera(camera === null);
            }}
          />
        </div>
      )}
    </figure>
  );
}

interface RoundSwitchProps {
  isOn: boolean;
  /** While a device opens nothing is wrong yet: the switch does not warn. */
  isOpening: boolean;
  label: string;
  icon: IconName;
  testId: string;
  onClick: () => void;
}

function RoundSwitch({ isOn, isOpening, label, icon, testId, onClick }: RoundSwitchProps) {
  return (
    <button
      type="button"
      className="wv-round"
      aria-pressed={isOn}
      aria-busy={isOpening}
      aria-label={label}
      title={label}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
